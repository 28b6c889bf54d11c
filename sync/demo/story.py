"""The demo's story: one stage after the other, each done by the program's own commands.

A stage either returns what it carried, as one sentence, or raises :class:`DemoError`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyrage import x25519

from edge.config import Config, load
from hardware.transport.recording import RecordingError, RecordingReader
from sync.demo import look
from sync.demo.follow import follow
from sync.demo.world import DemoError, World, wait_for

METER_READINGS = 3  # enough to see that the frame count bit was toggled
SYSTOLIC = "blood_pressure_systolic"
CUFF_READINGS = 3  # what the cuff had stored before it met the hub
METER = "live"
VILLAGE = "Musterdorf"
COUNTY = "Landkreis Musterkreis"
CARRIED = ("segments", "rows", "sealed")
WELCOME = "Dies ist eine Vorführung: Das Programm ist echt, Dorf und Geräte sind nachgebildet."
PERSON = "Erika Musterfrau"

HUB_TOML = """\
[hub]
name = "Dorfgemeinschaftshaus"
village = "{village}"
state = "state"

[web]
port = {web}

[datasette]
port = {datasette}

[sync]
port = {sync}
advertise = false       # nothing leaves this machine in a demo
seal_after_s = 2

[radio]
kind = "virtual"
adapter = "{adapter}"
scan_interval_s = 1

[publish]
interval_s = 5

[[sites]]
site_id = "dgh"
name = "Dorfgemeinschaftshaus"
communal = true

[[sites]]
site_id = "schule"
name = "Alte Schule"
communal = true
"""

LIVE = """
[[meters]]
meter_id = "live"
name = "{name}"
site_id = "{site}"
transport = "serial:{link}?baud=2400"
address = 1
poll_s = 1
"""

RECORDED = """
[[meters]]
meter_id = "recorded"
name = "{name}"
site_id = "{site}"
transport = "replay:{recording}"
protocol = "telegrams"
poll_s = 1
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """One light on the road: a name for people and what does the work."""

    name: str
    run: Callable[[], str]


class Story:
    """The stages of one demo, in order, over one :class:`World`."""

    def __init__(self, world: World, replay: Path | None) -> None:
        self._world = world
        self._replay = replay
        self._adapter = ""
        self._cuff = ""

    def stages(self) -> Iterator[Stage]:
        """Yield the stages of the first round."""
        yield Stage("Geräte", self._devices)
        yield Stage("Hub", self._hub)
        yield Stage("Wärmezähler", self._meter)
        yield Stage("Aufzeichnung", self._recording)
        yield Stage("Blutdruck", self._cuff_pairs)
        yield Stage("Offene Daten", self._published)
        yield Stage("Seite im Dorf", self._page)
        yield Stage("Kreis, Leitung", self._county_http)
        yield Stage("Kreis, USB-Stick", self._county_stick)
        yield Stage("Alarm", self._alarm)
        yield Stage("Ein Wert", self._one_value)

    def again(self) -> Iterator[Stage]:
        """Yield what later rounds repeat."""
        yield Stage("Wärmezähler", self._meter)
        yield Stage("Kreis, Leitung", self._pull)
        yield Stage("Kreis, USB-Stick", self._county_stick)

    def addresses(self) -> list[tuple[str, str]]:
        """Return what a person can open in a browser."""
        ports = self._world.ports
        return [
            ("Seite im Dorf", f"http://127.0.0.1:{ports.web}/"),
            ("Offene Daten", f"http://127.0.0.1:{ports.datasette}/"),
        ]

    def first_account(self) -> str:
        """Return where one makes the first account, and the code that one needs for it, once."""
        code = self._world.on_hub("access", "first-code").strip()
        return f"http://127.0.0.1:{self._world.ports.web}/einrichten (Code {code})"

    @property
    def _config(self) -> Config:
        return load(self._world.hub_toml)

    # --- the village

    def _devices(self) -> str:
        world = self._world
        link = world.folder / "zaehler"
        meter = world.start(
            "sim-meter", "meter", "simulate", "--link", str(link), "--address", "1", "--seed", "7"
        )
        radio = world.start(
            "sim-radio", "ble", "simulate", "--stored", str(CUFF_READINGS), "--every-s", "20"
        )
        recording = self._replay or world.folder / "aufzeichnung.log"
        if self._replay is not None:
            _check(self._replay)
        else:
            world.call(
                "meter", "simulate", "--seed", "11", "--days", "1", "--record", str(recording)
            )
        world.ready_line(meter)
        ready = world.ready_line(radio)
        self._adapter, self._cuff = ready["hci"], ready["cuff"]
        world.hub_toml.write_text(
            HUB_TOML.format(
                village=VILLAGE,
                web=world.ports.web,
                datasette=world.ports.datasette,
                sync=world.ports.sync,
                adapter=self._adapter,
            )
            + self._meters(link, recording.resolve()),
            encoding="utf-8",
        )
        return f"Zähler an {link.resolve()}, Manschette {self._cuff} am Funk {self._adapter}"

    def _meters(self, link: Path, recording: Path) -> str:
        """Return the meters of hub.toml; the page draws the first, so a whole day stands there."""
        if self._replay is None:
            return RECORDED.format(
                name="Wärmezähler der Halle", site="dgh", recording=recording
            ) + LIVE.format(name="Wärmezähler der Alten Schule", site="schule", link=link)
        return LIVE.format(name="Wärmezähler der Halle", site="dgh", link=link) + RECORDED.format(
            name="Nachgehörte Telegramme", site="schule", recording=recording
        )

    def _hub(self) -> str:
        world = self._world
        world.call("init", str(world.village))
        world.start("hub", "--config", str(world.hub_toml), "serve")
        world.on_hub("notice", "add", "Willkommen im Dorfhub", "--text", WELCOME, "--days", "1")
        for name, url in self.addresses():
            for _ in wait_for(world, f"{name} ({url})", 60):
                if look.page(url):
                    break
        return "fünf Prozesse laufen"

    def _meter(self) -> str:
        before = len(look.meter_rows(self._config, METER))
        for _ in wait_for(self._world, "Messwerte des Wärmezählers", 40):
            found = look.meter_rows(self._config, METER)
            if len(found) >= before + METER_READINGS:
                break
        return f"{len(found)} Ablesungen über M-Bus, zuletzt {found[-1]:.3f} kWh"

    def _recording(self) -> str:
        for _ in wait_for(self._world, "die Aufzeichnung", 60):
            counts = look.journal_counts(self._config)
            heard = sum(counts.values()) - len(look.meter_rows(self._config, METER))
            if heard > 0 and not counts.get("new"):
                break
        kept = counts.get("quarantined", 0)
        aside = f", {kept} nicht lesbar und aufgehoben" if kept else ""
        return f"{heard} Telegramme nachgehört{aside}"

    def _cuff_pairs(self) -> str:
        world = self._world
        world.on_hub("care", "person", "add", PERSON)
        for recipient in ("hub", "county"):
            world.on_hub("care", "consent", "give", PERSON, "--recipient", recipient)
        world.on_hub("ble", "pair", "--wait-s", "40")
        cuff = f"ble:{self._cuff.replace(':', '')}"
        world.on_hub("care", "assign", cuff, PERSON)
        # each value names the cuff's user: a person has to say who that is, having measured
        for _ in wait_for(world, "eine Messung, die auf ihre Person wartet", 40):
            if f"{cuff}, Taste" in world.on_hub("care", "waiting", codes=(0, 1)):
                break
        world.on_hub("care", "confirm", cuff, PERSON)
        for _ in wait_for(world, "Messwerte der Manschette", 40):
            values = look.blood_pressures(self._config)
            if len(values) >= CUFF_READINGS:
                break
        systolic, diastolic = values[-1]
        # the next value is beyond it; what comes of that is looked at later, at "Alarm"
        limit = f"{SYSTOLIC}:high={min(value for value, _ in values) - 40:.0f}"
        world.on_hub("care", "plan", "set", PERSON, "--by", "Vorführung", "--limit", limit)
        return (
            f"gekoppelt und bestätigt, {len(values)} Messungen mit Einwilligung, "
            f"zuletzt {systolic:.0f}/{diastolic:.0f} mmHg"
        )

    def _alarm(self) -> str:
        for _ in wait_for(self._world, "einen Alarm zum Blutdruck", 60):
            found = look.alarms(self._config)
            if found:
                break
        return f"{found[0]}: Die Person wird um eine zweite Messung gebeten, dann jemand gerufen"

    def _published(self) -> str:
        base = f"http://127.0.0.1:{self._world.ports.datasette}"
        table = f"{base}/kommunale-waerme/waerme_stunde.json?_shape=objects&_size=max"
        for _ in wait_for(self._world, "den ersten Datensatz in Datasette", 60, poll_s=0.5):
            rows = look.rows(table)
            if rows:
                break
        return f"{len(rows)} Stundenwerte öffentlicher Gebäude in Datasette"

    def _page(self) -> str:
        page = look.page(f"http://127.0.0.1:{self._world.ports.web}/")
        if "<svg" not in page or VILLAGE not in page:
            raise DemoError("die Seite im Dorf zeigt den Wärmezähler nicht")
        if "/einrichten" not in look.page(f"http://127.0.0.1:{self._world.ports.web}/geraete"):
            raise DemoError("die Seiten der Helfenden stehen offen, ehe es einen Zugang gibt")
        return f"{len(page.encode()) / 1000:.0f} kB, mit Bild des Wärmezählers"

    # --- the county

    def _county_http(self) -> str:
        world = self._world
        county = ["--county", str(world.county)]
        nurses = x25519.Identity.generate().to_public()  # whom care data is sealed to
        world.call(
            "county", "init", str(world.county), "--name", COUNTY, "--care-recipient", str(nurses)
        )
        enrolled = json.loads(
            world.call(
                "county", "enrol", f"https://127.0.0.1:{world.ports.sync}", *county, "--json"
            )
        )
        # two people compare what both screens show; here the demo reads both
        status = json.loads(world.on_hub("sync", "status", "--json", codes=(0, 1)))
        if enrolled["hub"] != status["fingerprint"]:
            raise DemoError("der Kreis sieht einen anderen Hub als den unseren")
        world.call("county", "confirm", enrolled["hub"], *county)
        world.on_hub("sync", "enrol", enrolled["county"])
        return self._pull(sealed=1)

    def _pull(self, sealed: int = 0) -> str:
        came = Counter[str]()
        for _ in wait_for(self._world, "ein Bündel über die Leitung", 60, poll_s=1):
            said = self._world.call(
                "county", "pull", "--county", str(self._world.county), "--json", codes=(0, 1)
            )
            came += Counter({what: json.loads(said)[what] for what in CARRIED})
            if came["rows"] > 0 and came["sealed"] >= sealed:
                break
        return _carried(came)

    def _county_stick(self) -> str:
        world = self._world
        for _ in wait_for(world, "ein Bündel über den Stick", 60, poll_s=1):
            world.on_hub("sync", "export", str(world.stick))
            said = world.call(
                "county",
                "import",
                str(world.stick),
                "--county",
                str(world.county),
                "--json",
                codes=(0, 1),
            )
            came = Counter({what: json.loads(said)[what] for what in CARRIED})
            if came["rows"] > 0:
                break
        world.on_hub("sync", "import", str(world.stick))
        return _carried(came)

    def _one_value(self) -> str:
        return "\n".join(follow(self._config, self._ask, METER))

    def _ask(self, device: str, at_ms: int, quantity: str) -> list[dict[str, object]]:
        county = str(self._world.county)
        said = self._world.call(
            "county", "query", device, str(at_ms), "--quantity", quantity, "--county", county,
            codes=(0, 1),
        )  # fmt: skip
        return [json.loads(line) for line in said.splitlines()]


def _carried(came: Counter[str]) -> str:
    sealed = came["sealed"]
    care = f", {sealed} versiegelt und ungelesen verwahrt" if sealed else ""
    return f"{came['segments']} Segmente geprüft, {came['rows']} Werte im Datenspeicher{care}"


def _check(replay: Path) -> None:
    """Look whether any line could be a telegram.

    :raises DemoError: if none could; the first odd line is named.
    """
    why = "die Datei ist leer"
    with RecordingReader(replay) as lines:
        while True:
            try:
                next(lines)
            except StopIteration:
                break
            except RecordingError as error:
                why = str(error) if why.startswith("die Datei") else why
            else:
                return
    raise DemoError(f"{replay}: keine Zeile ist ein Telegramm in hexadezimaler Schrift ({why})")
