from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config, ConfigError, Meter, Receiver, Wireless, load
from edge.config.receivers import KINDS, MODES
from hardware import receiver
from hardware.receiver import LinkMode

HUB = (
    '[hub]\nname = "Hub"\nvillage = "Dorf"\n'
    '[[sites]]\nsite_id = "dgh"\nname = "DGH"\ncommunal = true\n'
)
STICK = '[[receivers]]\nreceiver_id = "turm"\nkind = "im871a"\ntransport = "serial:/dev/ttyUSB1"\n'
METER = (
    '[[meters]]\nmeter_id = "kita"\nname = "Kita"\nsite_id = "dgh"\nprotocol = "wmbus"\n'
    'wireless = "KAM-76348799"\n'
)


def read(folder: Path, text: str) -> Config:
    (folder / "hub.toml").write_text(text)
    return load(folder / "hub.toml")


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    (problem,) = caught.value.problems
    return f"{problem.line} {problem.key}: {problem.message}"


def test_a_street_is_configured(tmp_path: Path) -> None:
    config = read(tmp_path, HUB + STICK + METER + "[wireless]\nkeep_every_s = 60\n")
    assert config.receivers == (Receiver("turm", "im871a", "serial:/dev/ttyUSB1", "C1+T1"),)
    assert config.meters == (Meter("kita", "Kita", "dgh", "", "wmbus", wireless="KAM-76348799"),)
    assert config.wireless.keep_every_s == 60
    assert read(tmp_path, HUB).wireless == Wireless(900.0)


def test_the_kinds_and_modes_are_those_that_exist() -> None:
    assert set(KINDS) == set(receiver.KINDS)
    assert set(MODES) == {str(mode) for mode in LinkMode}


def test_the_usual_mode_is_one_that_the_kind_can(tmp_path: Path) -> None:
    config = read(tmp_path, HUB + STICK.replace("im871a", "cul"))
    assert config.receivers[0].mode == "T1"
    said = complaint(tmp_path, HUB + STICK.replace("im871a", "cul") + 'mode = "C1+T1"\n')
    assert said == "12 [[receivers]] Nr. 1, mode: C1+T1 kann cul nicht (erlaubt: T1, C1, S1)"


def test_files_are_found_from_the_folder(tmp_path: Path) -> None:
    text = STICK.replace("im871a", "rtl_wmbus").replace("serial:/dev/ttyUSB1", "pipe:rtl.fifo")
    assert read(tmp_path, HUB + text).receivers[0].transport == f"pipe:{tmp_path}/rtl.fifo"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STICK + METER + 'transport = "tcp:h:1"\n', "transport: ein Zähler mit protocol"),
        (STICK + METER.replace("KAM-", "kam-"), "wireless: 'kam-76348799' geht nicht"),
        (STICK + METER.replace('wireless = "KAM-76348799"\n', ""), "wireless: dieser Eintrag"),
        (METER, "wireless: niemand hört diesen Zähler"),
        (STICK + METER + METER.replace("kita", "halle"), 'wireless: das ist schon der Zähler "k'),
        (STICK + STICK.replace("USB1", "USB2"), 'receiver_id: "turm" gibt es schon'),
        (STICK + STICK.replace("turm", "hof"), 'transport: an dieser Leitung hängt schon "turm"'),
        (STICK.replace("im871a", "iu891a"), "kind: 'iu891a' geht nicht; erlaubt ist \"im871a\""),
        (STICK + "[wireless]\nkeep_every_s = -1\n", "keep_every_s: -1 geht nicht"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, text: str, said: str) -> None:
    assert said in complaint(tmp_path, HUB + text)


def test_only_a_meter_on_the_air_has_a_name_there(tmp_path: Path) -> None:
    text = METER.replace('"wmbus"', '"mbus"') + 'transport = "tcp:h:1"\n'
    assert "wireless: diesen Eintrag gibt es nicht" in complaint(tmp_path, HUB + text)


def test_a_meter_may_be_named_in_full(tmp_path: Path) -> None:
    text = HUB + STICK + METER.replace("KAM-76348799", "KAM-76348799-1B-04")
    assert read(tmp_path, text).meters[0].wireless == "KAM-76348799-1B-04"
