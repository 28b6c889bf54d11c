from __future__ import annotations

from pathlib import Path

import pytest

from sync.county import hub
from sync.county.config import ConfigError, load
from sync.errors import SyncError


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "county.toml"
    file.write_text(text, "utf-8")
    return file


def test_a_file_or_its_folder(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        [county]
        name = "Landkreis Gießen"
        state = "daten"
        care_recipients = ["age1abc"]
        [[hub]]
        id = "0123456789ABCDEF"
        addresses = ["http://192.0.2.7:8082"]
        """,
    )
    config = load(tmp_path)
    assert config == load(file)
    assert config.name == "Landkreis Gießen"
    assert config.lake == tmp_path / "daten" / "lake" / "readings"
    assert config.care_recipients == ("age1abc",)
    assert config.addresses == {"0123456789abcdef": ("http://192.0.2.7:8082",)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"\[county\]"),
        ("[county]", "county.name"),
        ("[county]\nname = ''", "county.name"),
        ("[county]\nname = 7", "county.name"),
        ("[county]\nname = 'x'\nnmae = 'y'", "county.nmae.*allowed"),
        ("[county]\nname = 'x'\nstate = 7", "county.state"),
        ("[county]\nname = 'x'\ncare_recipients = ['ssh-ed25519 x']", "care_recipients"),
        ("[other]", "other"),
        ("[county]\nname = 'x'\n[hub]\nid = 'x'", r"\[\[hub\]\]"),
        ("[county]\nname = 'x'\n[[hub]]\nid = 'x'", "hub 1: id"),
        (
            "[county]\nname = 'x'\n[[hub]]\nid = '0123456789abcdef'\naddresses = ['hub']",
            "https?://",
        ),
        ("[county]\nname = 'x'\n[[hub]]\nid = '0123456789abcdef'\naddresses = 'hub'", "list"),
        ("[county", "no TOML"),
        ("\x00", "no TOML"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(write(tmp_path, text))


def test_an_absent_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "county.toml")
    assert "county init" in caught.value.hint


def test_a_county_is_made_once(tmp_path: Path) -> None:
    config = hub.create(tmp_path, 'Kreis "Gießen" \\ Nord')
    assert config.name == 'Kreis "Gießen" \\ Nord'
    with hub.open_county(tmp_path) as county:
        key = county.identity.public_key
    assert config.key_file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigError, match="exists"):
        hub.create(tmp_path, "Kreis")
    with hub.open_county(tmp_path) as county:
        assert county.identity.public_key == key


def test_what_a_first_attempt_left_is_completed(tmp_path: Path) -> None:
    first = hub.create(tmp_path, "Kreis")
    key = first.key_file.read_bytes()
    first.source.unlink()
    first.ledger_db.unlink()
    assert hub.create(tmp_path, "Kreis").key_file.read_bytes() == key


def test_a_lost_key_is_never_replaced_in_silence(tmp_path: Path) -> None:
    config = hub.create(tmp_path, "Kreis")
    config.key_file.unlink()
    with pytest.raises(SyncError, match="missing"), hub.open_county(tmp_path):
        pass
    assert not config.key_file.exists()


def test_a_name_that_cannot_be_used_leaves_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"county\.name"):
        hub.create(tmp_path, "")
    assert not (tmp_path / "county.toml").exists()
