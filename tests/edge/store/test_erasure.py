"""What an erasure takes out of personal.db: whatever a table keeps of a person."""

from __future__ import annotations

from edge.care.consent import HEAT, HEAT_CADASTRE
from edge.care.people import ContactRole
from edge.store import erasure
from edge.store.personal import PersonalStore
from edge.store.personal_circle import FORGOTTEN
from edge.store.values import ValueRow
from hardware.reading import Quantity, Record, Unit

_LEADS_TO = "SELECT * FROM pragma_foreign_key_list(?)"
NOON = 1_790_000_000_000


def test_every_table_that_leads_to_a_person_is_erased(personal: PersonalStore) -> None:
    tables = [
        str(name)
        for (name,) in personal.connection.rows("SELECT name FROM sqlite_schema WHERE type='table'")
    ]
    points_to = {
        table: {
            str(row[2])
            for row in personal.connection.rows(
                "SELECT * FROM pragma_foreign_key_list(?)", (table,)
            )
        }
        for table in tables
    }
    of_people = {"person"}
    while more := {one for one, to in points_to.items() if to & of_people} - of_people:
        of_people |= more
    assert len(of_people) > 8
    named = {sql.split()[2] for sql in erasure._PERSON}
    assert of_people - named == set()


def _with_column(personal: PersonalStore, column: str) -> set[str]:
    rows = personal.connection.rows(
        "SELECT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c"
        " WHERE m.type = 'table' AND c.name = ?",
        (column,),
    )
    return {str(name) for (name,) in rows}


def test_every_table_with_a_person_s_number_is_erased(personal: PersonalStore) -> None:
    """Also where no foreign key says that it is one's."""
    named = {sql.split()[2] for sql in erasure._PERSON}
    elsewhere = {"care_audit", "erasing"}  # emptied and deleted by the erasure itself
    assert _with_column(personal, "person") - named - elsewhere == set()


def test_every_table_with_a_contact_s_number_forgets_them_or_keeps_no_more_than_it(
    personal: PersonalStore,
) -> None:
    only_the_number = {"alert_call", "care_case", "fhir_answer"}
    assert _with_column(personal, "contact") == only_the_number | set(FORGOTTEN)
    number = personal.add_contact("Praxis Kanari", ContactRole.PRACTICE, NOON)
    with personal.connection.transaction() as driver:
        driver.execute("INSERT INTO case_practice VALUES (?, 'schluessel', 1, 1)", (number,))
        driver.execute("INSERT INTO contact_card VALUES (?, x'00', 1)", (number,))
    personal.forget_contact_person(number, NOON)
    for table in FORGOTTEN:
        assert personal.connection.rows(f"SELECT * FROM {table}") == []  # noqa: S608


def test_what_a_home_s_registers_say_goes_with_the_person_and_stays_for_others(
    personal: PersonalStore,
) -> None:
    people = [personal.add_person(name, NOON) for name in ("Erna", "Karl")]
    for number, person in enumerate(people):
        personal.give_consent(
            person, purpose=HEAT_CADASTRE, data_kind=HEAT, sentence="Ja.", given_how="", at=0
        )
        home = personal.add_household(f"wmbus:KAM-0000000{number}-1B-04", person, NOON)
        device = personal.household_device(home, f"mbus:KAM-0000000{number}-1B-04")
        units = Record(Quantity.HCA_UNITS, 3412.0 + number, Unit.ONE)
        assert personal.add_household_values([ValueRow(NOON, device, 1, units)]) == 1
    erasure.erase_from_personal(personal, people[0], erasure.belongings(personal, people[0]))
    assert [one.value for one in personal.household_registers()] == [3413.0]
    said = personal.connection.rows("SELECT open_cell(2, value, 0) FROM household_value")
    assert said == [(3413.0,)]
    assert [one.person for one in personal.persons()] == [people[1]]


def test_every_table_that_names_a_sensor_is_erased(personal: PersonalStore) -> None:
    naming = {
        str(name)
        for (name,) in personal.connection.rows(
            "SELECT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c"
            " WHERE m.type = 'table' AND c.name = 'device_id'"
        )
    }
    assert len(naming) > 8
    assert naming - {sql.split()[2] for sql in (*erasure._PERSON, *erasure._SENSOR)} == set()
