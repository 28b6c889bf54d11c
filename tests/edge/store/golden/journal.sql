CREATE TABLE entry ( id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, boot_id TEXT NOT NULL, monotonic_ns INTEGER NOT NULL, time_quality INTEGER NOT NULL, lane TEXT NOT NULL CHECK (lane IN ('village', 'care')), source TEXT NOT NULL, device TEXT NOT NULL, kind TEXT NOT NULL, key BLOB NOT NULL UNIQUE, payload BLOB NOT NULL, state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'decoded', 'quarantined', 'refused')), message TEXT NOT NULL DEFAULT '', decoded_at INTEGER ) STRICT;
CREATE INDEX entry_kept ON entry (kind, message, device) WHERE state = 'quarantined';
CREATE INDEX entry_new ON entry (lane, id) WHERE state = 'new';
CREATE UNIQUE INDEX entry_time ON entry (received_at, device);
