"""The tables of the county's ledger. All times are INTEGER milliseconds since 1970, UTC."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS hub (
    hub TEXT PRIMARY KEY,
    public_key BLOB NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'quarantined')),
    reason TEXT,
    first_seen_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_contact_at INTEGER,
    last_success_at INTEGER,
    last_code TEXT,
    last_error TEXT,
    last_error_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS address (
    hub TEXT NOT NULL REFERENCES hub (hub),
    address TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (hub, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (
    hub TEXT NOT NULL REFERENCES hub (hub),
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (hub, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segment (
    hub TEXT NOT NULL REFERENCES hub (hub),
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    first_seen_at INTEGER NOT NULL,
    PRIMARY KEY (hub, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contact (
    contact INTEGER PRIMARY KEY,
    hub TEXT NOT NULL REFERENCES hub (hub),
    at INTEGER NOT NULL,
    way TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    segments INTEGER NOT NULL,
    readings INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS contact_hub ON contact (hub, contact);
CREATE TABLE IF NOT EXISTS finding (
    finding INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    hub TEXT,
    way TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    file TEXT
) STRICT;
"""
