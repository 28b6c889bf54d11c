"""What `[[meters]]` says about asking, and what does not go together."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config, ConfigError, load

HEAD = (
    '[hub]\nname = "Hub"\nvillage = "Dorf"\n'
    '[[sites]]\nsite_id = "dgh"\nname = "DGH"\ncommunal = true\n'
)
METER = (
    '[[meters]]\nmeter_id = "{id}"\nname = "Halle"\nsite_id = "dgh"\n'
    'transport = "serial:/dev/ttyUSB0"\n'
)


def read(folder: Path, *entries: str) -> Config:
    path = folder / "hub.toml"
    blocks = [METER.format(id=f"m{index}") + entry for index, entry in enumerate(entries)]
    path.write_text(HEAD + "\n".join(blocks))
    return load(path)


@pytest.mark.parametrize(
    ("entry", "pace_s"),
    [
        ("", 900.0),
        ("poll_s = 60", 60.0),
        ('poll_at = "quarter-hour"', 900.0),
        ('poll_at = "hour"', 3600.0),
        ('poll_at = "03:00"', 86_400.0),
        ("poll_s = 60\npolls_per_day = 24", 3600.0),
        ('secondary = "76348799KAM1B04"', 900.0),
        ('protocol = "iec62056"', None),
        ('protocol = "kmp"\ndaily_at = "03:00"', 86_400.0),
    ],
)
def test_the_pace_that_is_planned(tmp_path: Path, entry: str, pace_s: float | None) -> None:
    (meter,) = read(tmp_path, entry).meters
    assert meter.pace_s == pace_s
    assert meter.is_optical == (meter.protocol in {"iec62056", "kmp"})


def test_a_secondary_address_is_read_in_any_case(tmp_path: Path) -> None:
    (meter,) = read(tmp_path, 'secondary = "7634????kam1b"').meters
    assert meter.secondary == "7634????KAM1B"


@pytest.mark.parametrize(
    ("entry", "key", "words"),
    [
        ('secondary = "7634"', "secondary", "Sekundäradresse"),
        ('secondary = "7634879K"', "secondary", "meter scan"),
        ("secondary = 76348799", "secondary", "Sekundäradresse"),
        ('secondary = "76348799"\naddress = 5', "secondary", "address"),
        ('poll_at = "25:00"', "poll_at", "Uhrzeit"),
        ('poll_at = "quarter"', "poll_at", "quarter-hour"),
        ('poll_at = "hour"\npoll_s = 60', "poll_at", "poll_s"),
        ("polls_per_day = -1", "polls_per_day", "ganze Zahl"),
        ('daily_at = "03:00"', "daily_at", "optisch"),
        ('protocol = "telegrams"\npoll_at = "hour"', "poll_at", "mbus"),
        ('protocol = "telegrams"\nsecondary = "76348799"', "secondary", "mbus"),
        ('protocol = "iec62056"\npoll_s = 900', "poll_s", "30 Minuten"),
        ('protocol = "iec62056"\npoll_at = "hour"', "poll_at", "30 Minuten"),
        ('protocol = "kmp"\npolls_per_day = 2', "polls_per_day", "daily_at"),
        ('protocol = "kmp"\naddress = 1', "address", "Lesekopf"),
        ('protocol = "kmp"\nsecondary = "76348799"', "secondary", "Lesekopf"),
        ('protocol = "iec62056"\ndaily_at = "3 Uhr"', "daily_at", "03:00"),
    ],
)
def test_what_does_not_go_is_named(tmp_path: Path, entry: str, key: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, entry)
    (problem,) = caught.value.problems
    assert problem.key == f"[[meters]] Nr. 1, {key}"
    assert words in problem.message


def test_two_meters_of_one_secondary_address_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='76348799 hat an dieser Leitung schon "m0"'):
        read(tmp_path, 'secondary = "76348799"', 'secondary = "76348799"')
    assert len(read(tmp_path, 'secondary = "76348799"', "address = 5").meters) == 2
