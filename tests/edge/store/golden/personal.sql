CREATE TABLE assignment ( device_id TEXT NOT NULL, person INTEGER NOT NULL REFERENCES person (person), user_index INTEGER CHECK (user_index BETWEEN 0 AND 254), valid_from INTEGER NOT NULL, valid_until INTEGER ) STRICT;
CREATE UNIQUE INDEX assignment_open ON assignment (device_id, coalesce(user_index, -1)) WHERE valid_until IS NULL;
CREATE TABLE care_key (identity TEXT NOT NULL) STRICT;
CREATE TABLE care_reading ( observed_at INTEGER NOT NULL, device_id TEXT NOT NULL, person INTEGER NOT NULL REFERENCES person (person), round INTEGER NOT NULL, time_quality INTEGER NOT NULL, received_at INTEGER NOT NULL, journal_id INTEGER NOT NULL, systolic_mmhg REAL, diastolic_mmhg REAL, mean_mmhg REAL, pulse_per_min REAL, status INTEGER, user_index INTEGER, PRIMARY KEY (observed_at, device_id) ) STRICT, WITHOUT ROWID;
CREATE TABLE care_round ( round INTEGER PRIMARY KEY, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, row_count INTEGER NOT NULL ) STRICT;
CREATE TABLE consent ( consent INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (person), purpose TEXT NOT NULL, data_kind TEXT NOT NULL, recipient TEXT NOT NULL, sentence TEXT NOT NULL, given_at INTEGER NOT NULL, given_how TEXT NOT NULL, withdrawn_at INTEGER ) STRICT;
CREATE TABLE person ( person INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL ) STRICT;
