CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE TABLE site (
      site_id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      communal INTEGER NOT NULL CHECK (communal IN (0, 1))
    ) STRICT
    ;
CREATE TABLE device (
      device INTEGER PRIMARY KEY,
      device_id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN ('meter', 'ble')),
      label TEXT NOT NULL DEFAULT '',
      site_id TEXT REFERENCES site (site_id),
      meter_id TEXT,
      manufacturer TEXT NOT NULL DEFAULT '',
      model TEXT NOT NULL DEFAULT '',
      first_seen_at INTEGER,
      last_seen_at INTEGER,
      last_reading_at INTEGER,
      last_error TEXT,
      last_error_at INTEGER,
      battery_percent INTEGER CHECK (battery_percent BETWEEN 0 AND 100)
    ) STRICT
    ;
CREATE TABLE round (
      round INTEGER PRIMARY KEY,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      row_count INTEGER NOT NULL
    ) STRICT
    ;
CREATE TABLE meter_reading (
      observed_at INTEGER NOT NULL,
      device INTEGER NOT NULL REFERENCES device (device),
      round INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      journal_id INTEGER NOT NULL,
      energy_kwh REAL,
      volume_m3 REAL,
      power_kw REAL,
      volume_flow_m3_h REAL,
      flow_temperature_degc REAL,
      return_temperature_degc REAL,
      temperature_difference_k REAL,
      PRIMARY KEY (observed_at, device)
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE notice (
      notice INTEGER PRIMARY KEY,
      title TEXT NOT NULL,
      body TEXT NOT NULL,
      shown_from INTEGER NOT NULL,
      shown_until INTEGER
    ) STRICT
    ;
CREATE TABLE ble_device (
      address TEXT PRIMARY KEY NOT NULL,
      device INTEGER NOT NULL REFERENCES device (device),
      profile TEXT NOT NULL,
      name TEXT NOT NULL,
      paired_at INTEGER NOT NULL
    ) STRICT
    ;
CREATE TABLE request (
      request INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      arguments TEXT NOT NULL,
      state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed')),
      created_at INTEGER NOT NULL,
      finished_at INTEGER,
      result TEXT
    ) STRICT
    ;
CREATE TABLE exchange (
      peer TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL DEFAULT '',
      last_contact_at INTEGER,
      last_success_at INTEGER,
      acknowledged_seq INTEGER,
      pending_segments INTEGER,
      last_error TEXT,
      last_error_at INTEGER
    ) STRICT
    ;
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (1, 'village', 'village_0001_house', '2026-11-23 15:26:01.140543+00:00');
INSERT INTO site (site_id, name, communal) VALUES ('dgh', 'Dorfgemeinschaftshaus', 1);
INSERT INTO device (device, device_id, kind, label, site_id, meter_id, manufacturer, model, first_seen_at, last_seen_at, last_reading_at, last_error, last_error_at, battery_percent) VALUES (1, 'mbus:a', 'meter', 'Halle', 'dgh', 'halle', '', '', 1790000000000, 1790000000000, 1790000000000, NULL, NULL, NULL);
INSERT INTO device (device, device_id, kind, label, site_id, meter_id, manufacturer, model, first_seen_at, last_seen_at, last_reading_at, last_error, last_error_at, battery_percent) VALUES (2, 'ble:C0112233AABB', 'ble', '', NULL, NULL, '', '', NULL, NULL, NULL, NULL, NULL, 70);
INSERT INTO round (round, first_at, last_at, row_count) VALUES (1, 1790000000000, 1790000000000, 1);
INSERT INTO meter_reading (observed_at, device, round, time_quality, journal_id, energy_kwh, volume_m3, power_kw, volume_flow_m3_h, flow_temperature_degc, return_temperature_degc, temperature_difference_k) VALUES (1790000000000, 1, 1, 4, 1, 5249.17, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO notice (notice, title, body, shown_from, shown_until) VALUES (1, 'Backhaus', 'Samstag wird gebacken.', 1790000000000, NULL);
INSERT INTO ble_device (address, device, profile, name, paired_at) VALUES ('C0:11:22:33:AA:BB', 2, '1810', 'Cuff', 1790000000000);
INSERT INTO request (request, kind, arguments, state, created_at, finished_at, result) VALUES (1, 'pair', '{"profile": "1810"}', 'open', 1790000000000, NULL, NULL);
INSERT INTO exchange (peer, name, last_contact_at, last_success_at, acknowledged_seq, pending_segments, last_error, last_error_at) VALUES ('county', 'Landkreis', 1790000000000, NULL, NULL, NULL, NULL, NULL);
