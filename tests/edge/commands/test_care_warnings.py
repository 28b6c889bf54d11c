from __future__ import annotations

import json

from edge.care.audit import OFFICE, looks
from edge.care.kinds import ROOM_CLIMATE
from edge.clock import SystemClock
from edge.config import Config
from edge.store.personal import PersonalStore
from edge.store.personal_rows import Number, Observation
from edge.worker.heat_watch import watch_heat
from hardware.reading import TimeQuality
from tests.edge.commands.terminal import typed_to

run = typed_to("care")


SENSOR = "ble:A4C138112233"


def warm(config: Config, temperature: float, hours: float, ago_h: float) -> None:
    now = SystemClock().stamp()
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
        person = store.persons()[0].person
        for n in range(round(hours * 6) + 1):
            at = now.wall_ms - round((ago_h - n / 6) * 3_600_000)
            row = Observation(
                at, SENSOR, ROOM_CLIMATE, person, TimeQuality.SYNCHRONISED, at, n + 1, "advert",
                values=(Number("air_temperature", temperature),),
            )  # fmt: skip
            with store.connection.transaction() as driver:
                store.add_observations_within(driver, [row])
        watch_heat(store, now)


def test_who_has_it_too_warm_is_told(config: Config) -> None:
    none = run(config, "warnings")
    assert (none.exit_code, none.output) == (0, "Keine Hitzewarnung.\n")
    run(config, "person", "add", "Erna Weber")
    agreed = run(config, "consent", "give", "1", "--kind", ROOM_CLIMATE).output
    assert "aufbewahrt. Er darf daraus schließen, ob es bei mir zu heiß ist" in agreed
    county = run(config, "consent", "give", "1", "--kind", ROOM_CLIMATE, "--recipient", "county")
    assert "zu heiß" not in county.output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
        store.assign(SENSOR, 1, 0)
    warm(config, 36.04, 3.0, ago_h=10.0)
    told = run(config, "warnings")
    assert told.exit_code == 1
    assert "Erna Weber: GEFÄHRLICHE HITZE in der Wohnung, Warnung seit " in told.output
    assert "zuletzt 36,0 °C, gefühlt 36,0 °C" in told.output
    assert SENSOR in told.output
    assert "112" in told.output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
        ((_, look),) = looks(store.audit_lines(1))  # who has the key reads, and it is in the book
        assert (look.who, look.kinds, look.why) == (
            OFFICE, (ROOM_CLIMATE,), "Nachgesehen, wo es zu warm ist",
        )  # fmt: skip
    (one,) = json.loads(run(config, "warnings", "--json").output)["warnings"]
    assert (one["name"], one["level"], one["ended_at"]) == ("Erna Weber", 2, None)
    warm(config, 20.0, 1.5, ago_h=6.0)
    assert run(config, "warnings").output == "Keine Hitzewarnung.\n"
    over = run(config, "warnings", "--days", "7")
    assert over.exit_code == 0
    assert "gefühlt bis 36,0 °C; es ist kühler geworden." in over.output
    run(config, "consent", "withdraw", "1", "--kind", ROOM_CLIMATE)
    assert run(config, "warnings", "--days", "7").output == "Keine Hitzewarnung.\n"


def test_while_locked_it_says_so(config: Config) -> None:
    config.personal.key_file.unlink()
    assert run(config, "warnings").exit_code == 75
