CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE TABLE entry (
      id INTEGER PRIMARY KEY,
      received_at INTEGER NOT NULL,
      boot_id TEXT NOT NULL,
      monotonic_ns INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      lane TEXT NOT NULL CHECK (lane IN ('village', 'care')),
      source TEXT NOT NULL,
      device TEXT NOT NULL,
      kind TEXT NOT NULL,
      key BLOB NOT NULL UNIQUE,
      payload BLOB NOT NULL,
      state TEXT NOT NULL DEFAULT 'new'
        CHECK (state IN ('new', 'decoded', 'quarantined', 'refused')),
      message TEXT NOT NULL DEFAULT '',
      decoded_at INTEGER
    ) STRICT
    ;
CREATE UNIQUE INDEX entry_time ON entry (received_at, device);
CREATE INDEX entry_new ON entry (lane, id) WHERE state = 'new';
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (1, 'journal', 'journal_0001_entry', '2026-11-23 15:26:01.133641+00:00');
INSERT INTO entry (id, received_at, boot_id, monotonic_ns, time_quality, lane, source, device, kind, key, payload, state, message, decoded_at) VALUES (1, 1790000000000, '00000000-0000-0000-0000-000000000000', 0, 4, 'village', 'serial:x', 'mbus:a', 'mbus', X'E3B060C3E1A6D35E614EA14CCEC329B0', X'68', 'decoded', '', 1795447561136);
INSERT INTO entry (id, received_at, boot_id, monotonic_ns, time_quality, lane, source, device, kind, key, payload, state, message, decoded_at) VALUES (2, 1790000000001, '00000000-0000-0000-0000-000000000000', 0, 4, 'village', 'serial:x', 'mbus:a', 'mbus', X'3979B53A843269F7E828D73230A05340', X'68', 'quarantined', 'FrameError', 1795447561136);
INSERT INTO entry (id, received_at, boot_id, monotonic_ns, time_quality, lane, source, device, kind, key, payload, state, message, decoded_at) VALUES (3, 1790000000002, '00000000-0000-0000-0000-000000000000', 0, 4, 'village', 'serial:x', 'mbus:a', 'mbus', X'250674921488B4B39D62C245E272DF37', X'68', 'new', '', NULL);
