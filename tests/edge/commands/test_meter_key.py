"""Keys and households' meters at the terminal, and that no key ever leaves personal.db."""

from __future__ import annotations

import base64
import io
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.clock import Stamp
from edge.config import Config, load
from edge.process import log
from edge.store.journal import entry_key
from edge.store.personal import PersonalStore
from edge.store.setup import create, open_journal
from edge.store.village import VillageStore
from edge.store.village_rows import HeardMeter
from edge.worker.node import worker_jobs
from hardware.reading import TimeQuality
from hardware.wmbus.link import LinkFrame

HUB = """
[hub]
name = "Haus"
village = "Dorf"
log_level = "debug"
[[sites]]
site_id = "kita"
name = "Kita"
communal = true
[[receivers]]
receiver_id = "turm"
kind = "im871a"
transport = "serial:/dev/null"
[[meters]]
meter_id = "kita"
name = "Kita"
site_id = "kita"
protocol = "wmbus"
wireless = "KAM-12345678"
"""
KEY = bytes.fromhex("5AC3F1E2D4B6978879A1B2C3D4E5F607")
WRONG = bytes.fromhex("5AC3F1E2D4B6978879A1B2C3D4E5F608")
KITA = bytes.fromhex("2D2C785634121B04")
HOME = bytes.fromhex("A51121436587050C")
KITA_NAME, HOME_NAME = "wmbus:KAM-12345678-1B-04", "wmbus:DME-87654321-05-0C"
NOON = 1_795_442_706_000


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hub.toml").write_text(HUB)
    loaded = load(tmp_path / "hub.toml")
    create(loaded)
    return loaded


def run(config: Config, *arguments: str | Path, typed: str = "") -> Result:
    words = ["--config", str(config.source), *map(str, arguments)]
    return CliRunner().invoke(root, words, input=typed)


def sealed(energy_kwh: int, address: bytes = KITA, key: bytes = KEY) -> bytes:
    data = b"\x2f\x2f\x0c\x06" + bytes.fromhex(f"{energy_kwh:08d}")[::-1]
    data += b"\x2f" * (-len(data) % 16)
    iv = (address + b"\x2a" * 8).hex()
    arguments = ("enc", "-aes-128-cbc", "-nopad", "-K", key.hex(), "-iv", iv)
    body = subprocess.run(
        ("openssl", *arguments), input=data, capture_output=True, check=True
    ).stdout
    head = bytes((0x7A, 0x2A, 0, len(data) // 16 << 4, 5))
    return LinkFrame(0x44, address, head + body).raw


def arrive(config: Config, raw: bytes, device: str = KITA_NAME, at: int = NOON) -> None:
    lane = "village" if device == KITA_NAME else "care"
    stamp = Stamp(at, "boot", at, TimeQuality.SYNCHRONISED)
    with open_journal(config.hub) as journal:
        journal.append(lane, "turm", device, "wmbus", entry_key(raw, at), raw, stamp)  # type: ignore[arg-type]


def hear(config: Config, device: str, encryption: str = "aes-cbc-iv") -> None:
    letters, digits = device.partition(":")[2].split("-")[:2]
    with VillageStore(config.hub.village_db) as village:
        village.note_heard(
            [HeardMeter(device, letters, digits, 5, "heat", encryption, NOON, NOON, 1)]
        )


def drain(config: Config) -> str:
    with worker_jobs(config) as jobs:
        return next(job for job in jobs if job.name == "meters").work().message


def energies(config: Config) -> list[float | None]:
    with VillageStore(config.hub.village_db) as village:
        numbers = [device.device for device in village.devices("meter")]
        return [row.energy_kwh for one in numbers for row in village.series(one, 0)]


def test_from_a_heard_meter_to_its_history(config: Config, tmp_path: Path) -> None:
    hear(config, KITA_NAME)
    for step in range(3):
        arrive(config, sealed(5000 + step), at=NOON + step * 1000)
    assert drain(config) == "3 ohne Schlüssel"
    asked = run(config, "meter", "key", "missing")
    assert asked.exit_code == 1
    assert "KAM-12345678   Kamstrup" in asked.output
    assert "Telegramme, die warten: 3." in asked.output
    assert "12345678/xx/xx" in asked.output
    file = tmp_path / "schluessel.csv"
    file.write_text(f"Hersteller;Seriennummer;Schlüssel\nKAM;12345678;{KEY.hex()}\n;1;2\n")
    said = run(config, "meter", "key", "import", file)
    assert said.exit_code == 1  # one line was not read
    assert "Zeile 2: KAM-12345678: neu" in said.output
    assert "Zeile 3: NICHT eingelesen: der Schlüssel hat 1 statt 32 Zeichen" in said.output
    assert "1 Schlüssel eingelesen (neu: 1, war schon da: 0" in said.output
    assert "1 Zeilen nicht" in said.output
    assert "3 aufbewahrte Telegramme liest der Hub jetzt nach" in said.output
    assert drain(config) == ""
    assert energies(config) == [5000.0, 5001.0, 5002.0]
    assert run(config, "meter", "key", "missing").exit_code == 0
    listed = run(config, "meter", "key", "list").output
    assert "KAM-12345678   Kamstrup  Prüfziffern " in listed
    assert "passt  (schluessel.csv, " in listed


def test_a_wrong_key_is_told_and_replaced_by_hand(config: Config) -> None:
    arrive(config, sealed(5000))
    assert run(config, "meter", "key", "add", "KAM-12345678", typed=WRONG.hex()).exit_code == 0
    assert drain(config) == "1 mit falschem Schlüssel"
    assert "PASST NICHT" in run(config, "meter", "key", "list").output
    assert "passt nicht" in run(config, "meter", "key", "missing").output
    said = run(config, "meter", "key", "add", "12345678", typed=KEY.hex() + "\n")
    assert "1 aufbewahrtes Telegramm liest" in said.output
    drain(config)
    assert energies(config) == [5000.0]
    again = run(config, "meter", "key", "add", "KAM-12345678", typed=KEY.hex())
    assert "ersetzt einen anderen Schlüssel" in again.output
    again = run(config, "meter", "key", "add", "KAM-12345678", typed=KEY.hex())
    assert "war schon da" in again.output
    assert run(config, "meter", "key", "remove", "12345678").exit_code == 0
    gone = run(config, "meter", "key", "remove", "12345678")
    assert gone.exit_code == 1
    assert "keinen Schlüssel" in gone.output


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (("add", "Heizung"), KEY.hex(), "KAM-76348799"),
        (("add", "KAM-12345678"), KEY.hex()[:-1], "31 statt 32"),
        (("remove", "Heizung"), "", "KAM-76348799"),
        (("import", "README.pdf"), "", "ein PDF"),
        (("import", "leer.xml"), "", "keine Schlüssel gefunden"),
        (("import", "bestellung.kem"), "", "--password"),
        (("import", "bestellung.kem", "--password"), "geheim", "beschädigt"),
    ],
)
def test_what_is_refused_says_what_to_do(
    config: Config, tmp_path: Path, arguments: tuple[str, ...], typed: str, words: str
) -> None:
    (tmp_path / "README.pdf").write_bytes(b"%PDF")
    (tmp_path / "leer.xml").write_text("<r/>")
    (tmp_path / "bestellung.kem").write_text(
        '<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm='
        '"http://www.w3.org/2001/04/xmlenc#aes128-cbc"/><CipherValue>AAAA</CipherValue>'
        "</EncryptedData>"
    )
    name, *rest = arguments
    if name == "import":
        rest[0] = str(tmp_path / rest[0])
    said = run(config, "meter", "key", name, *rest, typed=typed)
    assert said.exit_code == 1
    assert words in said.output
    assert KEY.hex()[:10] not in said.output.lower()


def test_without_the_key_file_nothing_is_said_but_that_it_is_locked(config: Config) -> None:
    config.personal.key_file.unlink()
    for words in (("key", "list"), ("key", "missing"), ("household", "list")):
        said = run(config, "meter", *words)
        assert said.exit_code == 75, said.output
        assert "gesperrt" in said.output


def test_the_doctor_says_which_keys_are_missing(config: Config) -> None:
    def said() -> str:
        return run(config, "doctor").output

    assert "Keinem Funkzähler des Hubs fehlt ein Schlüssel." in said()
    arrive(config, sealed(5000))
    drain(config)
    assert "Ein Funkzähler: kein Schlüssel. Die Telegramme werden 30 Tage" in said()
    run(config, "meter", "key", "add", "KAM-12345678", typed=WRONG.hex())
    run(config, "meter", "household", "add", "1", HOME_NAME)
    arrive(config, LinkFrame(0x44, KITA, b"\xa1").raw, at=NOON + 9)
    drain(config)
    config.personal.key_file.unlink()  # it needs no key itself
    assert "Ein Funkzähler: der Schlüssel passt nicht." in said()
    assert "Zuerst die persönlichen Daten entsperren" in said()
    assert "Ein Funkzähler: nicht lesbar." in said()
    config.hub.journal_db.unlink()
    assert "Funkzähler" not in said()


def test_strangers_are_counted_and_shown_if_asked_for(config: Config) -> None:
    hear(config, HOME_NAME)
    hear(config, "wmbus:QDS-11111111-01-08", "none")
    said = run(config, "meter", "key", "missing")
    assert said.exit_code == 0
    assert "Dazu hört der Hub 1 verschlüsselte Zähler" in said.output
    shown = run(config, "meter", "key", "missing", "--all").output
    assert "DME-87654321   Diehl Metering" in shown
    assert "QDS" not in shown


def test_a_household_from_consent_to_withdrawal(config: Config) -> None:
    run(config, "care", "person", "add", "Erna Weber")
    refused = run(config, "meter", "household", "add", "Erna Weber", "87654321")
    assert refused.exit_code == 1
    assert "noch kein Empfänger gehört" in refused.output
    hear(config, HOME_NAME)
    said = run(config, "meter", "household", "add", "Erna Weber", "87654321", "--how", "Papier")
    assert said.exit_code == 0, said.output
    assert "Zählers DME-87654321 über Funk" in said.output
    twice = run(config, "meter", "household", "add", "Erna Weber", HOME_NAME)
    assert "gehört schon zu einem Haushalt" in twice.output
    with VillageStore(config.hub.village_db) as village:
        assert village.admitted_meters() == {HOME_NAME}
    run(config, "meter", "key", "add", "DME-87654321", typed=KEY.hex())
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        added_at = personal.households()[0].added_at
    arrive(config, sealed(7001, HOME), HOME_NAME, added_at + 1000)
    drain(config)
    listed = run(config, "meter", "household", "list").output
    assert f"{HOME_NAME}  Erna Weber  Einwilligung: ja  Messwerte: 1" in listed
    assert "Einwilligung: Wärme  " in run(config, "care", "person", "list").output
    gone = run(config, "meter", "household", "remove", "DME-87654321")
    assert gone.exit_code == 0
    assert "die Einwilligung ist widerrufen" in gone.output
    assert "Bytes einer Nachricht" in gone.output
    assert "1 früherer Messwert bleibt" in gone.output
    with VillageStore(config.hub.village_db) as village:
        assert village.admitted_meters() == frozenset()
    assert "Noch kein Haushalt" in run(config, "meter", "household", "list").output
    assert run(config, "meter", "household", "remove", "87654321").exit_code == 1


def test_one_of_two_meters_leaves_the_consent_for_the_other(config: Config) -> None:
    run(config, "care", "person", "add", "Erna Weber")
    other = "wmbus:QDS-11111111-01-08"
    for device in (HOME_NAME, other):
        assert run(config, "meter", "household", "add", "1", device).exit_code == 0
    said = run(config, "meter", "household", "remove", other)
    assert "widerrufen" not in said.output
    with VillageStore(config.hub.village_db) as village:
        assert village.admitted_meters() == {HOME_NAME}


def test_withdrawing_all_consents_closes_the_meters_gate_too(config: Config) -> None:
    run(config, "care", "person", "add", "Erna Weber")
    run(config, "meter", "household", "add", "1", HOME_NAME)
    arrive(config, sealed(7001, HOME), HOME_NAME, NOON)
    said = run(config, "care", "consent", "withdraw", "Erna Weber")
    assert "Bytes einer Nachricht der Sensoren und Zähler gelöscht" in said.output
    with VillageStore(config.hub.village_db) as village:
        assert village.admitted_meters() == frozenset()
    assert run(config, "meter", "household", "add", "1", HOME_NAME).exit_code == 0


@pytest.mark.parametrize(
    ("meter", "words"),
    [
        ("Heizung", "acht Ziffern"),
        (KITA_NAME, "Zähler der Gemeinde"),
        ("11111111", "Mehrere Zähler"),
    ],
)
def test_meters_that_no_household_has(config: Config, meter: str, words: str) -> None:
    run(config, "care", "person", "add", "Erna Weber")
    hear(config, "wmbus:QDS-11111111-01-08")
    hear(config, "wmbus:DME-11111111-01-08")
    said = run(config, "meter", "household", "add", "1", meter)
    assert said.exit_code == 1
    assert words in said.output


def spellings(key: bytes) -> list[bytes]:
    text = base64.b64encode(key)
    return [key, key.hex().encode(), key.hex().upper().encode(), text, text.rstrip(b"=")]


def test_no_key_is_in_any_file_log_or_answer(config: Config, tmp_path: Path) -> None:
    """Whatever is done with a key, right or wrong, it is found nowhere again."""
    supplied = tmp_path.parent / f"{tmp_path.name}-supplied"
    supplied.mkdir()
    file = supplied / "schluessel.csv"
    file.write_text(f"12345678;{KEY.hex()}\n{KEY.hex()};\n;{WRONG.hex()}\n1;{KEY.hex()}0\n")
    stream = io.StringIO()
    log.start("worker", "debug", stream)
    said: list[str] = []
    run(config, "care", "person", "add", "Erna Weber")
    run(config, "meter", "household", "add", "1", HOME_NAME)
    for address, device in ((KITA, KITA_NAME), (HOME, HOME_NAME)):
        arrive(config, sealed(5000, address), device)
        arrive(config, sealed(5001, address, WRONG), device, NOON + 1000)
    for step in (
        lambda: run(config, "meter", "key", "import", file),
        lambda: run(config, "meter", "key", "add", "DME-87654321", typed=WRONG.hex()),
        lambda: drain(config),
        lambda: run(config, "meter", "key", "list"),
        lambda: run(config, "meter", "key", "missing", "--all"),
        lambda: run(config, "meter", "key", "add", "DME-87654321", typed=KEY.hex()),
        lambda: drain(config),
        lambda: run(config, "meter", "household", "list"),
        lambda: run(config, "doctor"),
        lambda: run(config, "meter", "key", "remove", "DME-87654321"),
    ):
        result = step()
        said.append(result if isinstance(result, str) else result.output + str(result.exception))
    assert energies(config) == [5000.0]
    found = {str(path): path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    assert any(name.endswith("personal.db") for name in found)
    found["log"] = stream.getvalue().encode()
    assert b"wrong_key" in found["log"]
    found["said"] = "\n".join(said).encode()
    for name, content in found.items():
        for key in (KEY, WRONG):
            for spelling in spellings(key):
                assert spelling not in content, name
