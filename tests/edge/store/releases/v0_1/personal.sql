CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE TABLE person (
      person INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      created_at INTEGER NOT NULL
    ) STRICT
    ;
CREATE TABLE assignment (
      device_id TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      user_index INTEGER CHECK (user_index BETWEEN 0 AND 254),
      valid_from INTEGER NOT NULL,
      valid_until INTEGER
    ) STRICT
    ;
CREATE UNIQUE INDEX assignment_open ON assignment (device_id, coalesce(user_index, -1))
      WHERE valid_until IS NULL
    ;
CREATE TABLE consent (
      consent INTEGER PRIMARY KEY,
      person INTEGER NOT NULL REFERENCES person (person),
      purpose TEXT NOT NULL,
      data_kind TEXT NOT NULL,
      recipient TEXT NOT NULL,
      sentence TEXT NOT NULL,
      given_at INTEGER NOT NULL,
      given_how TEXT NOT NULL,
      withdrawn_at INTEGER
    ) STRICT
    ;
CREATE TABLE care_round (
      round INTEGER PRIMARY KEY,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      row_count INTEGER NOT NULL
    ) STRICT
    ;
CREATE TABLE care_reading (
      observed_at INTEGER NOT NULL,
      device_id TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      round INTEGER NOT NULL,
      time_quality INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      journal_id INTEGER NOT NULL,
      systolic_mmhg REAL,
      diastolic_mmhg REAL,
      mean_mmhg REAL,
      pulse_per_min REAL,
      status INTEGER,
      user_index INTEGER,
      PRIMARY KEY (observed_at, device_id)
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE care_key (identity TEXT NOT NULL) STRICT;
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (1, 'personal', 'personal_0001_care', '2026-11-23 15:26:01.154267+00:00');
INSERT INTO person (person, name, created_at) VALUES (1, 'Erna Beispiel', 1790000000000);
INSERT INTO assignment (device_id, person, user_index, valid_from, valid_until) VALUES ('ble:C0112233AABB', 1, 1, 1790000000000, NULL);
INSERT INTO consent (consent, person, purpose, data_kind, recipient, sentence, given_at, given_how, withdrawn_at) VALUES (1, 1, 'care', 'blood_pressure', 'hub', 'Ja.', 1790000000000, 'Papier', NULL);
INSERT INTO care_round (round, first_at, last_at, row_count) VALUES (1, 1790000000000, 1790000000000, 1);
INSERT INTO care_reading (observed_at, device_id, person, round, time_quality, received_at, journal_id, systolic_mmhg, diastolic_mmhg, mean_mmhg, pulse_per_min, status, user_index) VALUES (1790000000000, 'ble:C0112233AABB', 1, 1, 2, 1790000000000, 3, 121.0, 81.0, 94.0, 66.0, 0, 1);
