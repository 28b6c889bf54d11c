"""personal.db: people, their consents, whose sensor is whose, and care readings (SQLCipher).

Keys of meters: :mod:`edge.store.personal_keys`; households' meters: `personal_meters`; whose
sensor it is: `personal_sensors`; what is no blood pressure: `personal_observations`; sensors' keys:
`personal_sensor_keys`.

The file is encrypted as a whole with a raw key of 32 bytes. While the key file is absent it
is locked; what arrives meanwhile waits, sealed, in the journal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Self, cast

from edge.care.consent import BLOOD_PRESSURE, HUB, Consent
from edge.store.connection import BUSY_TIMEOUT_S, Connection, Driver, Row
from edge.store.errors import Locked, StoreError, WrongStoreKey
from edge.store.personal_keys import KeyRing
from edge.store.personal_meters import Households
from edge.store.personal_observations import Observations, agrees
from edge.store.personal_rows import CareRow, Observation, Person
from edge.store.personal_schema import MIGRATIONS
from edge.store.personal_sensor_keys import SensorKeys
from edge.store.personal_sensors import Sensors
from edge.store.rounds import Rounds
from edge.store.village_rows import Round
from hardware.reading import TimeQuality

MAX_NAME_CHARACTERS = 200
MAX_SENTENCE_CHARACTERS = 4000  # a page: longer is not read before it is agreed to


class PersonalStore(KeyRing, Households, Sensors, Observations, SensorKeys):
    """personal.db, unlocked. Threads may share one; several processes may open the file.

    Times are milliseconds since 1970, UTC, and always arguments.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    @classmethod
    def open(cls, path: Path, key_file: Path) -> Self:
        """Unlock personal.db, made if absent.

        :raises Locked: if the key file is absent.
        :raises WrongStoreKey: if its content is no key, or not this file's.
        """
        key = read_key(key_file)
        from sqlcipher3 import dbapi2  # noqa: PLC0415  # 5 MB that a locked hub does not load

        if not path.parent.is_dir():
            raise StoreError(
                f"the folder {path.parent} does not exist",
                hint="Bitte zuerst `dorfhub init` ausführen.",
            )
        try:
            driver = dbapi2.connect(
                str(path), timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
        except dbapi2.Error as error:
            raise StoreError(f"{path.name}: {error}") from error
        try:
            driver.execute(f"PRAGMA key = \"x'{key}'\"")
            cipher = driver.execute("PRAGMA cipher_version").fetchone()
        except BaseException:
            driver.close()
            raise
        if not cipher or not cipher[0]:  # a plain SQLite would write people in the clear
            driver.close()
            raise StoreError("this sqlcipher3 has no encryption built in")
        connection = Connection(cast("Driver", driver), path, dbapi2.Error)
        try:
            connection.migrate("personal", MIGRATIONS)
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def add_person(self, name: str, at: int) -> int:
        """Add a person and return the number.

        :raises StoreError: if the name is empty, too long, or taken.
        """
        name = name.strip()
        if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
            raise StoreError(
                f"a name has 1 to {MAX_NAME_CHARACTERS} characters in one line",
                hint=f"Ein Name hat 1 bis {MAX_NAME_CHARACTERS} Zeichen in einer Zeile.",
            )
        with self.connection.transaction() as driver:
            if driver.execute("SELECT 1 FROM person WHERE name = ?", (name,)).fetchone():
                raise StoreError(
                    "this name is taken",
                    hint="Diesen Namen gibt es schon. Bitte einen Zusatz wählen, an dem man beide "
                    "unterscheidet.",
                )
            cursor = driver.execute(
                "INSERT INTO person (name, created_at) VALUES (?, ?)", (name, at)
            )
            return int(cursor.lastrowid or 0)

    def persons(self) -> list[Person]:
        """Return everybody, by name."""
        rows = self.connection.rows("SELECT person, name, created_at FROM person ORDER BY name")
        return [Person(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def find_person(self, name_or_number: str) -> Person | None:
        """Return the person of that exact name or, in digits, that number."""
        row = self.connection.row(
            "SELECT person, name, created_at FROM person WHERE name = ?1 OR person = ?2"
            " ORDER BY name <> ?1 LIMIT 1",
            (name_or_number, int(name_or_number) if name_or_number.isdecimal() else -1),
        )
        return Person(*row) if row else None  # type: ignore[arg-type]  # STRICT columns

    def give_consent(
        self,
        person: int,
        *,
        purpose: str,
        data_kind: str,
        sentence: str,
        given_how: str,
        at: int,
        recipient: str = HUB,
    ) -> int:
        """Record a consent and return its number.

        :raises StoreError: if the sentence is empty or longer than a page.
        """
        if not sentence.strip() or len(sentence) > MAX_SENTENCE_CHARACTERS:
            raise StoreError(
                f"a consent's sentence has 1 to {MAX_SENTENCE_CHARACTERS} characters",
                hint=f"Die Einwilligung hat 1 bis {MAX_SENTENCE_CHARACTERS} Zeichen.",
            )
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "INSERT INTO consent (person, purpose, data_kind, recipient, sentence, given_at,"
                " given_how) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (person, purpose, data_kind, recipient, sentence.strip(), at, given_how),
            )
            return int(cursor.lastrowid or 0)

    def withdraw_consent(
        self, person: int, at: int, *, purpose: str | None = None, data_kind: str | None = None
    ) -> int:
        """Withdraw a person's consents, all or those of one purpose or kind; return how many."""
        with self.connection.transaction() as driver:
            cursor = driver.execute(
                "UPDATE consent SET withdrawn_at = max(?, given_at) WHERE person = ?"
                " AND withdrawn_at IS NULL AND purpose = coalesce(?, purpose)"
                " AND data_kind = coalesce(?, data_kind)",
                (at, person, purpose, data_kind),
            )
            return cursor.rowcount

    def consents(self, person: int) -> list[Consent]:
        """Return all of a person's consents, withdrawn ones too, oldest first."""
        rows = self.connection.rows(
            "SELECT consent, person, purpose, data_kind, recipient, sentence, given_at, given_how,"
            " withdrawn_at FROM consent WHERE person = ? ORDER BY given_at, consent",
            (person,),
        )
        return [Consent(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def add_care_round(self, rows: Sequence[CareRow]) -> int:
        """Keep care readings in one commit and return the round's number; 0 if none is new.

        The same measurement again is left out. Another one of the same sensor and
        millisecond is moved by one.
        """
        with self.connection.transaction() as driver:
            return _add_care(driver, rows)

    def add_measured(
        self, rows: Sequence[CareRow], observations: Sequence[Observation]
    ) -> frozenset[int]:
        """Keep what a batch of journal entries brought, all in one commit.

        What is there already is left out, and so is what its person does not agree to: a
        withdrawal counts also for what was read a moment before. Return the journal ids of those.
        """
        refused: set[int] = set()
        if not rows and not observations:
            return frozenset()
        with self.connection.transaction() as driver:
            kept_rows = []
            for row in rows:
                if agrees(driver, row.person, BLOOD_PRESSURE):
                    kept_rows.append(row)
                else:
                    refused.add(row.journal_id)
            _add_care(driver, kept_rows)
            kept = []
            for one in observations:
                if agrees(driver, one.person, one.data_kind):
                    kept.append(one)
                else:
                    refused.add(one.journal_id)
            self.add_observations_within(driver, kept)
        return frozenset(refused)

    def care_rounds_after(self, number: int, limit: int = 1000) -> list[Round]:
        """Return up to ``limit`` care rounds above ``number``, in order."""
        return _ROUNDS.after(self.connection, number, limit)

    def care_rows_of(self, chosen: Round | int) -> list[CareRow]:
        """Return the readings of one care round, by time and sensor."""
        return [_care_row(row) for row in _ROUNDS.rows_of(self.connection, chosen)]

    def care_rows(self, person: int, since: int, until: int | None = None) -> list[CareRow]:
        """Return a person's readings with ``since <= observed_at < until``, oldest first."""
        rows = self.connection.rows(
            f"SELECT {_SELECTED} FROM care_reading AS r WHERE r.observed_at >= ?"  # noqa: S608
            " AND r.observed_at < ? AND r.person = ? ORDER BY r.observed_at",
            (since, 1 << 62 if until is None else until, person),
        )
        return [_care_row(row) for row in rows]

    def care_count(self, person: int | None = None) -> int:
        """Return the number of care readings, of everybody or of one person."""
        row = self.connection.row(
            "SELECT count(*) FROM care_reading WHERE person = coalesce(?, person)", (person,)
        )
        return int(str(row[0])) if row else 0

    def care_identity(self) -> str:
        """Return the identity that opens the journal's care lane, made at the first call.

        A secret: it is never logged and never leaves this database.
        """
        with self.connection.transaction() as driver:
            row = driver.execute("SELECT identity FROM care_key").fetchone()
            if row:
                return str(row[0])
            import pyrage  # noqa: PLC0415  # needed once in a hub's life here

            identity = str(pyrage.x25519.Identity.generate())
            driver.execute("INSERT INTO care_key (identity) VALUES (?)", (identity,))
            return identity

    def care_recipient(self) -> str:
        """Return the public half of :meth:`care_identity`."""
        import pyrage  # noqa: PLC0415  # see above

        return str(pyrage.x25519.Identity.from_str(self.care_identity()).to_public())

    def checkpoint(self) -> bool:
        """Empty the write-ahead log; erased bytes are gone from the files after True."""
        return self.connection.checkpoint()

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_key(key_file: Path) -> str:
    """Return the 64 hex digits of a key file.

    :raises Locked: if the file is absent.
    :raises WrongStoreKey: if it holds anything else.
    """
    try:
        with key_file.open("rb") as file:
            text = file.read(200).decode("ascii", "replace").strip()
    except FileNotFoundError as error:
        raise Locked(f"personal.db is locked: {key_file} is absent") from error
    except OSError as error:
        raise Locked(f"personal.db is locked: {key_file}: {error.strerror}") from error
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise WrongStoreKey(f"{key_file} does not hold 64 hex digits")
    return text.lower()


def _add_care(driver: Driver, rows: Sequence[CareRow]) -> int:
    if not rows:
        return 0
    number = _ROUNDS.begin(driver)
    times = [at for row in rows if (at := _insert(driver, number, row)) is not None]
    if not times:
        return 0
    _ROUNDS.end(driver, number, times, len(times))
    return number


def _insert(driver: Driver, number: int, row: CareRow) -> int | None:
    """Insert one reading and return where it stands in time; None if it is there already."""
    content = [getattr(row, name) for name in _CONTENT]
    at = row.observed_at
    while True:
        there = driver.execute(
            f"SELECT {', '.join(_CONTENT)} FROM care_reading"  # noqa: S608  # constant text
            " WHERE observed_at = ? AND device_id = ?",
            (at, row.device_id),
        ).fetchone()
        if there is None:
            break
        if list(there) == content:
            return None
        at += 1
    values = [at, number, *(getattr(row, name) for name in _COLUMNS[1:])]
    driver.execute(
        f"INSERT INTO care_reading (observed_at, round, {', '.join(_COLUMNS[1:])})"  # noqa: S608
        f" VALUES (?, ?{', ?' * len(_COLUMNS[1:])})",
        values,
    )
    return at


def _care_row(row: Row) -> CareRow:
    values = list(row)
    values[3] = TimeQuality(int(str(values[3])))
    return CareRow(*values)  # type: ignore[arg-type]  # STRICT columns


_COLUMNS = tuple(CareRow.__slots__)
_CONTENT = _COLUMNS[_COLUMNS.index("systolic_mmhg") :]  # what makes two measurements the same
_ROUNDS = Rounds("care_round", "care_reading", "device_id", _COLUMNS)
_SELECTED = _ROUNDS.selected
