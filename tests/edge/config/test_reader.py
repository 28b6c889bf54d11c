from __future__ import annotations

import dataclasses
import re
import typing
from pathlib import Path

import pytest

from edge.config import Config, ConfigError, Meter, Site, agreeing, load, model
from edge.config.reader import MAX_FILE_BYTES
from edge.config.template import Ports, first_hub_toml

ROOT = Path(__file__).resolve().parents[3]
HUB = '[hub]\nname = "Hub"\nvillage = "Dorf"\n'
SITE = '[[sites]]\nsite_id = "dgh"\nname = "DGH"\ncommunal = true\n'
METER = (
    '[[meters]]\nmeter_id = "halle"\nname = "Halle"\nsite_id = "dgh"\n'
    'transport = "serial:/dev/ttyUSB0?baud=2400"\n'
)


def read(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text(text)
    return load(path)


def problems(tmp_path: Path, text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert all(problem.message in str(caught.value) for problem in caught.value.problems)
    return [(one.line, one.key, one.message) for one in caught.value.problems]


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    config = read(tmp_path, HUB)
    assert config.source == tmp_path / "hub.toml"
    assert config.hub.state == tmp_path / "state"
    assert config.hub.village_db == tmp_path / "state" / "village.db"
    assert config.personal.key_file == tmp_path / "state" / "keys" / "personal.key"
    assert config.web == model.Web(tls=config.hub.state / "tls")
    assert config.datasette == model.Datasette()
    assert config.sync == model.Sync()
    assert config.radio == model.Radio()
    assert config.publish == model.Publish()
    assert (config.sites, config.meters) == ((), ())


def test_everything_can_be_said(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        '[hub]\nname = "Hub"\nvillage = "Rüddingshausen"\nstate = "/srv/x"\nlog_level = "debug"\n'
        '[web]\nhost = "0.0.0.0"\nport = 9000\nthreads = 48\n'
        '[datasette]\nhost = "::1"\nport = 9001\nbase_url = "/daten/"\n'
        '[sync]\nhost = "hub.local"\nport = 9002\nadvertise = false\nseal_after_s = 2\n'
        "retention_days = 30\n"
        '[radio]\nkind = "virtual"\nadapter = "tcp:127.0.0.1:9100"\nscan_interval_s = 0.5\n'
        '[personal]\nkey_file = "../key"\n[publish]\ninterval_s = 5.5\n'
        + SITE
        + METER
        + "poll_s = 1\n"
        'protocol = "telegrams"\naddress = 7\ntimeout_s = 0.5\n',
    )
    assert (config.hub.village, config.hub.state, config.hub.log_level) == (
        "Rüddingshausen",
        Path("/srv/x"),
        "debug",
    )
    assert config.web == model.Web("0.0.0.0", 9000, 48, tls=Path("/srv/x/tls"))  # noqa: S104
    assert config.datasette == model.Datasette("::1", 9001, "/daten/")
    assert config.sync == model.Sync("hub.local", 9002, False, 2.0, 30)
    assert config.radio == model.Radio("virtual", "tcp:127.0.0.1:9100", 0.5)
    assert config.personal.key_file == tmp_path / ".." / "key"
    assert config.publish.interval_s == 5.5
    assert config.sites == (Site("dgh", "DGH", communal=True),)
    assert config.meters == (
        Meter("halle", "Halle", "dgh", "serial:/dev/ttyUSB0?baud=2400", "telegrams", 7, 1.0, 0.5),
    )


def test_files_of_lines_count_from_the_file_s_folder(tmp_path: Path) -> None:
    def transport(text: str) -> str:
        meter = METER.replace("serial:/dev/ttyUSB0?baud=2400", text)
        return read(tmp_path, HUB + SITE + meter).meters[0].transport

    assert transport("replay:./a.log?speed=60") == f"replay:{tmp_path}/a.log?speed=60"
    assert transport("replay:/abs/a.log") == "replay:/abs/a.log"
    assert transport("record:r.log+tcp:h:1") == f"record:{tmp_path}/r.log+tcp:h:1"


def test_all_problems_are_named_at_once_in_the_file_s_order(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        '[hub]\nnam = "Hub"\nvillage = ""\n\n[web]\nport = "8080"\n[wep]\n' + SITE * 2,
    )
    assert [(line, key) for line, key, _ in found] == [
        (1, "[hub] name"),
        (2, "[hub] nam"),
        (3, "[hub] village"),
        (6, "[web] port"),
        (7, "wep"),
        (13, "[[sites]] Nr. 2, site_id"),
    ]
    assert "gemeint ist vielleicht name" in found[1][2]
    assert "'8080' geht nicht; erlaubt ist eine ganze Zahl von 1 bis 65535" in found[3][2]
    assert "gemeint ist vielleicht web" in found[4][2]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('[publish]\npublischer = "x"\n', "publisher"),
        ('[publish]\nemial = "x"\n', "email"),
        ('[publish]\nregoin = "x"\n', "region"),
        ('[publish]\ncontributer = "x"\n', "contributor"),
        ('[web]\nnam = "x"\n', "name"),
        ('[web]\nweatherstation = "x"\n', "weather_station"),
        (SITE + METER + 'feed = "x"\n', "feeds"),
    ],
)
def test_a_key_that_may_be_absent_is_guessed_too(tmp_path: Path, text: str, meant: str) -> None:
    assert f"gemeint ist vielleicht {meant} " in problems(tmp_path, HUB + text)[-1][2]


@pytest.mark.parametrize(
    ("section", "key", "value", "allowed"),
    [
        ("hub", "state", "3", "ein Text"),
        ("hub", "log_level", '"loud"', '"debug" oder "info"'),
        ("web", "port", "0", "1 bis 65535"),
        ("web", "port", "65536", "1 bis 65535"),
        ("web", "port", "true", "1 bis 65535"),
        ("web", "port", "8080.0", "eine ganze Zahl"),
        ("web", "host", '"my host"', "Adresse"),
        ("web", "threads", "0", "1 bis 256"),
        ("datasette", "base_url", '"daten"', "mit / beginnt und endet"),
        ("datasette", "base_url", '"//evil.example/"', "mit / beginnt und endet"),
        ("sync", "advertise", '"yes"', "true oder false"),
        ("sync", "seal_after_s", "nan", "eine Zahl von 0.1"),
        ("sync", "retention_days", "inf", "eine ganze Zahl"),
        ("radio", "kind", '"usb"', '"bluez"'),
        ("radio", "adapter", '"eth0"', "hci0"),
        ("personal", "key_file", '""', "ein Text"),
        ("publish", "interval_s", "[1]", "eine Zahl"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    tmp_path: Path, section: str, key: str, value: str, allowed: str
) -> None:
    text = HUB if section == "hub" else f"{HUB}[{section}]\n"
    ((line, name, message),) = problems(tmp_path, f"{text}{key} = {value}\n")
    assert line == text.count("\n") + 1
    assert name == f"[{section}] {key}"
    assert allowed in message


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        ('"halle"', '"die halle"', "meter_id", "Kurzname"),
        ('"dgh"\ntr', '"dhg"\ntr', "site_id", "erlaubt: dgh"),
        ("serial:/dev", "seriell:/dev", "transport", "serial:"),
        ("baud=2400", "baud=fast", "transport", "baud"),
        ("serial:/dev/ttyUSB0?baud=2400", "tcp:host", "transport", "port"),
        ("2400", '2400"\naddress = 251\nname2 = "x', "address", "0 bis 250"),
        ("2400", '2400"\naddress = 300\nname2 = "x', "address", "0 bis 254"),
        ("2400", '2400"\npoll_s = 0\nname2 = "x', "poll_s", "0.1"),
    ],
)
def test_a_wrong_meter_is_named(tmp_path: Path, old: str, new: str, key: str, allowed: str) -> None:
    assert old in METER
    text = HUB + SITE + METER.replace(old, new)
    found = [one for one in problems(tmp_path, text) if "name2" not in one[1]]
    ((line, name, message),) = found
    assert name == f"[[meters]] Nr. 1, {key}"
    assert line is not None
    assert text.splitlines()[line - 1].startswith(key)
    assert allowed in message


def test_a_missing_entry_is_named_at_its_table(tmp_path: Path) -> None:
    text = HUB + SITE + '[[meters]]\nname = "x"\n'
    assert [(line, key) for line, key, _ in problems(tmp_path, text)] == [
        (8, "[[meters]] Nr. 1, meter_id"),
        (8, "[[meters]] Nr. 1, site_id"),
        (8, "[[meters]] Nr. 1, transport"),
    ]
    assert problems(tmp_path, "")[0][1:] == ("[hub] name", "dieser Eintrag fehlt")


def test_meters_do_not_share_a_name_or_an_address(tmp_path: Path) -> None:
    second = METER.replace('"halle"', '"keller"')
    assert [one[1] for one in problems(tmp_path, HUB + SITE + METER + METER)] == [
        "[[meters]] Nr. 2, meter_id"
    ]
    ((_, key, message),) = problems(tmp_path, HUB + SITE + METER + second)
    assert key == "[[meters]] Nr. 2, address"
    assert '254 hat an dieser Leitung schon "halle"' in message
    assert read(tmp_path, HUB + SITE + METER + "address = 1\n" + second + "address = 2\n")


def test_no_two_servers_on_one_port(tmp_path: Path) -> None:
    clash = problems(tmp_path, HUB + "[web]\nport = 9000\n[sync]\nport = 9000\n")
    assert clash == [(7, "[sync] port", "9000 ist schon der Port von [web]")]
    assert problems(tmp_path, HUB + "[web]\nport = 8082\n") == [
        (5, "[web] port", "8082 ist schon der Port von [sync]")
    ]
    wide = HUB + '[web]\nhost = "0.0.0.0"\nport = 9000\n[sync]\nport = 9000\n'
    assert len(problems(tmp_path, wide)) == 1
    apart = HUB + '[web]\nhost = "10.0.0.1"\nport = 9000\n[sync]\nport = 9000\n'
    assert read(tmp_path, apart).sync.port == 9000


def test_a_recording_is_asked_for_by_name_where_it_can_be_made(tmp_path: Path) -> None:
    text = HUB + '[radio]\nkind = "strict"\nrecord = "air.btsnoop"\n'
    (tmp_path / "hub.toml").write_text(text)
    assert load(tmp_path / "hub.toml").radio.record == tmp_path / "air.btsnoop"
    for kind in ("bluez", "off"):
        ((_, key, message),) = problems(tmp_path, text.replace("strict", kind))
        assert key == "[radio] record"
        assert "btmon -w" in message


def test_a_virtual_radio_must_be_named(tmp_path: Path) -> None:
    ((line, key, _),) = problems(tmp_path, HUB + '[radio]\nkind = "virtual"\n')
    assert (line, key) == (4, "[radio] adapter")
    ((_, _, message),) = problems(tmp_path, HUB + '[radio]\nkind = "virtual"\nadapter = "hci0"\n')
    assert "tcp:HOST:PORT" in message


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('web = "x"\n' + HUB, "web"),
        (HUB + "[sites]\nx = 1\n", "sites"),
        ("sites = [1]\n" + HUB, "sites"),
    ],
)
def test_a_table_of_another_shape_is_named(tmp_path: Path, text: str, key: str) -> None:
    found = problems(tmp_path, text)
    assert [one[1] for one in found] == [key]
    assert "beginn" in found[0][2]


def test_what_is_no_toml_is_named_with_its_line(tmp_path: Path) -> None:
    ((line, _, message),) = problems(tmp_path, "[hub]\nname = Hub\n")
    assert line == 2
    assert "TOML" in message


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = 1\nb = ", 2, "fehlt ein Wert"),
        ("a = 1\na = 2", 2, "a steht schon in Zeile 1"),
        ("a = 1\na = 2\n", 2, "a steht schon in Zeile 1"),
        ("[hub]\nname = 1\n[hub]\n", 3, "[hub] steht schon in Zeile 1"),
        (
            "[web]\nport = 1\n[sync]\nport = 2\nport = 3\nx = 4\n",
            5,
            "sync.port steht schon in Zeile 4",
        ),
        ("a = 1\n\na = '''\nx\n'''\n", 3, "a steht schon in Zeile 1"),
        ("a = {b = 1, b = 2}\n", 1, "weiter oben schon"),
        ("[[sites]]\n[sites]\n", 2, "weiter oben schon"),
        ("a = 'x\nb = 1\n", 1, "Anführungszeichen am Ende"),
        ("a = 1\nb = 'x\n\nc = 1\n", 2, "Anführungszeichen am Ende"),
        ("a = 1\nb = '''x\n\nc = 1\n", 2, "Anführungszeichen am Ende"),
        ("a = 'x\nb = 'y'\n", 1, "Anführungszeichen am Ende"),
        ("a = 'x", 1, "Anführungszeichen am Ende"),
        ('a = "x\nb = 1\n', 1, "Anführungszeichen am Ende"),
        ('a = 1\nb = """\n\nx\n', 2, "Anführungszeichen am Ende"),
        ("a = 1\nb = [1,\n2\n\n", 2, "Liste"),
        ("a = {b = 1", 1, "Klammer"),
        ("[hub\nname = 1\n", 1, "Klammer"),
        ("\nname\n", 2, "="),
        ("a = 12:00\n", 1, "nach dem Wert"),
        ('a = "C:\\d"\n', 1, "ein einzelnes"),
        ("a = 2026-02-30\n", 1, "Datum"),
        ("= 1\n", 1, "weder ein Eintrag"),
        ("[]\n", 1, "fehlt der Name"),
        ("a = 'x\x01'\n", 1, "unsichtbares Zeichen"),
        ('a = "\\ud800"\n', 1, "Schreibweise"),
        ("a = 1\nb = " + "9" * 10_000, 2, "zu viele Stellen"),
    ],
)
def test_a_slip_is_told_in_german_with_its_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    ((found, _, message),) = problems(tmp_path, text)
    assert (found, message[:20]) == (line, "kein gültiges TOML: ")
    assert said in message


@pytest.mark.parametrize("text", ["x = " + "[" * 100_000, "x = " + "9" * 10_000])
def test_what_is_beyond_all_measure_is_no_toml_either(tmp_path: Path, text: str) -> None:
    ((_, _, message),) = problems(tmp_path, text)
    assert "TOML" in message
    assert len(message) < 500


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="gibt es nicht") as caught:
        load(tmp_path / "absent.toml")
    assert "dorfhub init" in caught.value.hint
    with pytest.raises(ConfigError, match="nicht lesbar"):
        load(tmp_path)
    path = tmp_path / "hub.toml"
    path.write_bytes(b'[hub]\nname = "\xe4"\n')
    with pytest.raises(ConfigError, match="Zeile 2: kein UTF-8"):
        load(path)
    path.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(ConfigError, match="größer als"):
        load(path)


def test_a_long_value_is_cut_in_the_message(tmp_path: Path) -> None:
    ((_, _, message),) = problems(tmp_path, HUB + f'[web]\nhost = "{"x y" * 100}"\n')
    assert len(message) < 200


def test_the_first_file_of_a_new_hub_is_good(tmp_path: Path) -> None:
    config = read(tmp_path, first_hub_toml('Der "Hub"', "Dorf", Ports(9000, 9001, 9002)))
    assert config.hub.name == 'Der "Hub"'
    assert (config.web.port, config.datasette.port, config.sync.port) == (9000, 9001, 9002)


def test_the_example_is_good_and_names_every_key(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "hub.example.toml").read_text()
    config = read(tmp_path, text)
    assert len(config.sites) >= 2
    protocols = {meter.protocol for meter in config.meters}
    assert protocols == {"mbus", "telegrams", "wmbus", "iec62056"}
    # each default in it that is commented out must be right as well
    switched_on = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    full = read(tmp_path, switched_on)
    for section, name in _keys():
        # `#!` marks what does not go with the rest of the example
        assert re.search(rf"^(#! )?{name} = ", switched_on, re.MULTILINE), f"[{section}] {name}"
    assert full.web == dataclasses.replace(config.web)


def test_every_key_is_explained() -> None:
    text = (ROOT / "docs" / "hub.toml.md").read_text()
    for section, name in _keys():
        many = section in {"sites", "meters", "receivers"}
        part = text.split(f"\n## `[[{section}]]`" if many else f"`[{section}]`", 1)
        assert len(part) == 2, section
        assert f"`{name}`" in part[1].split("\n## ", 1)[0], f"{section}.{name}"


def _keys() -> list[tuple[str, str]]:
    """Every key of the file, from the dataclasses that it is read into."""
    found = []
    for field, kind in typing.get_type_hints(Config).items():
        inner = typing.get_args(kind)[0] if typing.get_args(kind) else kind
        if dataclasses.is_dataclass(inner):
            found += [(field, one.name) for one in dataclasses.fields(inner)]
    assert ("meters", "address") in found
    return found


def test_a_households_meter_is_not_taken(tmp_path: Path) -> None:
    house = '[[sites]]\nsite_id = "bach-7"\nname = "Am Bach 7"\ncommunal = false\n'
    found = problems(tmp_path, HUB + house + METER.replace('"dgh"', '"bach-7"'))
    assert found == [(11, "[[meters]] Nr. 1, site_id", '"bach-7" ' + agreeing._NOT_COMMUNAL)]
