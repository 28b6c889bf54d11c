"""personal.db: people, their consents, whose sensor is whose, and care readings (SQLCipher).

Keys of meters: :mod:`edge.store.personal_keys`; households' meters: `personal_meters`; whose
sensor it is: `personal_sensors`; what is no blood pressure: `personal_observations`; all of it as
single values: `personal_measured`; sensors' keys: `personal_sensor_keys`; warnings of heat:
`personal_heat`; what was sent of whom: `personal_sent`; what came under a wrong clock:
`personal_placed`; who signed up for a course and came: `personal_signups`, `personal_attendance`;
what volunteers look up: `personal_desk`; who helps: `personal_volunteers`, `personal_work`; who
borrows: `personal_borrowers`; whom to ask about the market board: `personal_market`; what people
earned: `personal_awards`; how far somebody came in a material: `personal_progress`; whom people
have around them, and who read what of them: `personal_circle`, `personal_audit`; alerts and who
has them: `personal_alerts`, whom to tell: `personal_alert_calls`; what people are called towards
others: `personal_pseudonyms`; what a practice is asked: `personal_cases`; plans of people, and what
the rules know of them: `personal_rules`; what practices answered as FHIR: `personal_fhir`; what
households say of their own heat: `personal_homes`.

The file is encrypted as a whole with a raw key of 32 bytes. While the key file is absent it
is locked; what arrives meanwhile waits, sealed, in the journal. What a person's name is and what
was measured of them is sealed once more, with their own key: `person_keys`, `personal_sealed`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Self, cast

from edge.care.consent import BLOOD_PRESSURE
from edge.store.connection import BUSY_TIMEOUT_S, Connection, Driver, Row
from edge.store.errors import Locked, StoreError, WrongStoreKey
from edge.store.person_keys import NAME as KEYS
from edge.store.person_keys import FunctionHost, PersonKeys
from edge.store.personal_accounts import MIGRATIONS as ACCOUNTS
from edge.store.personal_accounts import AccountNames
from edge.store.personal_alert_calls import AlertCalls
from edge.store.personal_alerts import Alerts
from edge.store.personal_alerts_schema import MIGRATIONS as ALERTS
from edge.store.personal_attendance import Attendance
from edge.store.personal_audit import AuditBook
from edge.store.personal_awards import AwardStore
from edge.store.personal_awards_schema import MIGRATIONS as AWARDS
from edge.store.personal_borrowers import MIGRATIONS as BORROWERS
from edge.store.personal_borrowers import Borrowers
from edge.store.personal_cases import CaseStore
from edge.store.personal_cases_schema import MIGRATIONS as CASES
from edge.store.personal_circle import Circles
from edge.store.personal_consents import Consents
from edge.store.personal_contact_cards import MIGRATIONS as CONTACT_CARDS
from edge.store.personal_contact_cards import ContactCards
from edge.store.personal_desk import PeopleDesk
from edge.store.personal_fhir import FhirAnswers
from edge.store.personal_fhir_schema import MIGRATIONS as FHIR
from edge.store.personal_heat import HeatWarnings
from edge.store.personal_homes import MIGRATIONS as HOMES
from edge.store.personal_homes import Homes
from edge.store.personal_keys import KeyRing
from edge.store.personal_market import MIGRATIONS as MARKET
from edge.store.personal_market import MarketContacts
from edge.store.personal_measured import MeasuredValues
from edge.store.personal_meters import Households
from edge.store.personal_observations import Observations, agrees
from edge.store.personal_people_schema import MIGRATIONS as PEOPLE
from edge.store.personal_placed import MIGRATIONS as PLACED
from edge.store.personal_placed import PlacedCare, at_its_place
from edge.store.personal_progress import MIGRATIONS as PROGRESS
from edge.store.personal_progress import Progresses
from edge.store.personal_pseudonyms import Pseudonyms
from edge.store.personal_rows import CareRow, Observation, Person
from edge.store.personal_rules import CareRules
from edge.store.personal_rules_schema import MIGRATIONS as RULES
from edge.store.personal_schema import MIGRATIONS
from edge.store.personal_sealed import MIGRATIONS as SEALED
from edge.store.personal_sensor_keys import SensorKeys
from edge.store.personal_sensors import Sensors
from edge.store.personal_sent import MIGRATIONS as SENT
from edge.store.personal_sent import Sent
from edge.store.personal_signups import Signups
from edge.store.personal_signups_schema import MIGRATIONS as SIGNUPS
from edge.store.personal_sums import MIGRATIONS as SUMS
from edge.store.personal_sums import HomeSums
from edge.store.personal_trainers import Trainers
from edge.store.personal_volunteers import Volunteers
from edge.store.personal_volunteers_schema import MIGRATIONS as VOLUNTEERS
from edge.store.personal_work import Working
from edge.store.rounds import Rounds
from edge.store.village_rows import Round
from hardware.reading import TimeQuality

MAX_NAME_CHARACTERS = 200


class PersonalStore(
    KeyRing,
    Households,
    Sensors,
    Observations,
    SensorKeys,
    HeatWarnings,
    Sent,
    PlacedCare,
    Signups,
    Attendance,
    Trainers,
    AccountNames,
    Borrowers,
    Volunteers,
    Working,
    AwardStore,
    PeopleDesk,
    MarketContacts,
    Progresses,
    Circles,
    Consents,
    AuditBook,
    Pseudonyms,
    MeasuredValues,
    Alerts,
    AlertCalls,
    CaseStore,
    ContactCards,
    CareRules,
    FhirAnswers,
    Homes,
    HomeSums,
):
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
        if not path.parent.is_dir():
            raise StoreError(
                f"the folder {path.parent} does not exist",
                hint="Bitte zuerst `dorfhub init` ausführen.",
            )
        connection, driver = _connect(path, key)
        keys: PersonKeys | None = None
        try:
            beside = path.with_name(KEYS)
            is_new = not beside.exists()
            keys = PersonKeys(_connect(beside, key)[0])
            if is_new:
                beside.chmod(0o600)
            keys.install(cast("FunctionHost", driver))
            connection.migrate("personal", MIGRATIONS)
            connection.migrate("sent", SENT)
            connection.migrate("signups", SIGNUPS)
            connection.migrate("accounts", ACCOUNTS)
            connection.migrate("placed", PLACED)
            connection.migrate("sealed", SEALED)
            connection.migrate("borrowers", BORROWERS)
            connection.migrate("volunteers", VOLUNTEERS)
            connection.migrate("market", MARKET)
            connection.migrate("awards", AWARDS)
            connection.migrate("progress", PROGRESS)
            connection.migrate("people", PEOPLE)
            connection.migrate("alerts", ALERTS)
            connection.migrate("cases", CASES)
            connection.migrate("contact_cards", CONTACT_CARDS)
            connection.migrate("rules", RULES)
            connection.migrate("fhir", FHIR)
            connection.migrate("homes", HOMES)
            connection.migrate("sums", SUMS)
            keys.check(connection)
        except BaseException:
            connection.close()
            if keys is not None:
                keys.close()
            raise
        found = cls(connection)
        found._people = keys
        return found

    _people: PersonKeys

    def destroy_key(self, person: int) -> None:
        """Destroy a person's own key: no copy of this file tells anything of them any more."""
        self._people.destroy(person)

    def open_sealed(self, person: int, sealed: bytes) -> bytes | None:
        """Return what was sealed with a person's own key; None if that is not so, or it is gone."""
        return self._people.opened(person, sealed)

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
            if driver.execute(
                "SELECT 1 FROM person WHERE open_text(person, name) = ?", (name,)
            ).fetchone():
                raise StoreError(
                    "this name is taken",
                    hint="Diesen Namen gibt es schon. Bitte einen Zusatz wählen, an dem man beide "
                    "unterscheidet.",
                )
            # above all who were here after this file was copied, if it was: the county knows them
            cursor = driver.execute(
                "INSERT INTO person (person, name, created_at) SELECT 1 + max(?1, coalesce(("
                "SELECT seq FROM sqlite_sequence WHERE name = 'person'), 0)), '', ?2",
                (self._people.newest(), at),
            )
            number = int(cursor.lastrowid or 0)
            driver.execute(
                "UPDATE person SET name = seal_text(person, ?) WHERE person = ?", (name, number)
            )
            return number

    def persons(self) -> list[Person]:
        """Return everybody, by name; a copy from before an erasure has numbers without names."""
        rows = self.connection.rows(f"SELECT {_NAMED} FROM person ORDER BY 2")  # noqa: S608
        return [Person(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def find_person(self, name_or_number: str) -> Person | None:
        """Return the person of that exact name or, in digits, that number."""
        row = self.connection.row(
            f"SELECT {_NAMED} FROM person WHERE open_text(person, name) = ?1"  # noqa: S608
            " OR person = ?2 ORDER BY coalesce(open_text(person, name), '') <> ?1 LIMIT 1",
            (name_or_number, int(name_or_number) if name_or_number.isdecimal() else -1),
        )
        return Person(*row) if row else None  # type: ignore[arg-type]  # STRICT columns

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
        """Return a person's readings with ``since <= observed_at < until``, oldest first.

        What came under a wrong clock stands where it was placed later.
        """
        rows = self.connection.rows(
            f"SELECT {_PLACED} FROM care_reading AS r{_AT_ITS_PLACE} AND r.person = ?3"  # noqa: S608
            " ORDER BY 1",
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

    def copy_to(self, people: Path, keys: Path) -> None:
        """Copy this file and the people's keys, each encrypted as it is; neither may exist."""
        self.connection.copy_to(people)
        self._people.copy_to(keys)

    def checkpoint(self) -> bool:
        """Empty the write-ahead logs; erased bytes are gone from the files after True."""
        return self.connection.checkpoint() and self._people.checkpoint()

    def close(self) -> None:
        """Close the file. Closing twice does nothing."""
        self.connection.close()
        self._people.close()

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


def _connect(path: Path, key: str) -> tuple[Connection, Driver]:
    from sqlcipher3 import dbapi2  # noqa: PLC0415  # 5 MB that a locked hub does not load

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
    return Connection(cast("Driver", driver), path, dbapi2.Error), cast("Driver", driver)


_NAMED = "person, coalesce(open_text(person, name), '(gelöscht ' || person || ')'), created_at"


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
_PLACED = _ROUNDS.selected.replace("r.observed_at", "coalesce(p.placed_at, r.observed_at)").replace(
    "r.time_quality", "coalesce(p.quality, r.time_quality)"
)
_AT_ITS_PLACE = at_its_place(
    "placed_care", f"p.device_id = r.device_id AND p.data_kind = '{BLOOD_PRESSURE}'"
)
