"""Words, changed keys and revocation with the county's commands, against a real pull interface."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sync import comparison, rotation, words
from sync.cli import root
from sync.county.hub import open_county
from sync.pull_server import PullServer
from sync.server import Desk, create_app
from sync.stream import METER


class _Silent:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


@pytest.fixture
def address(village: Any) -> Iterator[str]:
    path = village.folder / "keys" / "hub.key"
    desk = Desk(
        "Dorf",
        village.identity,
        village.outbox,
        village.peers,
        village.clock,
        _Silent(),
        lambda: rotation.load(path, village.identity),
    )
    with PullServer(create_app(desk), "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.port}"


def measure(village: Any) -> None:
    village.measure(2)
    village.outbox.seal(METER, village.store.connection, village.clock.stamp())


def call(folder: Path, *arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(root, ["county", *arguments, "--county", str(folder)])
    assert done.exit_code == code, done.output + str(done.exception)
    return done


def rotate_hub(village: Any) -> None:
    path = village.folder / "keys" / "hub.key"
    village.outbox.rotate(lambda epoch, seq: rotation.change(path, epoch=epoch, seq=seq))


def test_from_six_words_to_a_changed_key_and_its_end(
    village: Any, address: str, county_folder: Path
) -> None:
    said = call(county_folder, "enrol", address).stdout
    theirs = words.of(village.identity.name)
    assert " ".join(theirs) in said
    wrong = [*theirs[:5], "Abakus" if theirs[5] != "Abakus" else "Abbild"]
    call(county_folder, "confirm", *wrong, code=1)
    measure(village)
    assert "[not_confirmed]" in call(county_folder, "pull", code=1).stdout
    call(county_folder, "confirm", *(word.upper() for word in theirs))
    assert "[not_enrolled]" in call(county_folder, "pull", code=1).stdout
    with open_county(county_folder) as county:
        name = county.identity.name
    village.peers.confirm(comparison.code(name), 2)
    assert call(county_folder, "pull").stdout.startswith("Dorf")

    rotate_hub(village)
    measure(village)
    said = call(county_folder, "rotate-key").stdout
    assert "Wörter bleiben gleich" in said
    answer = json.loads(call(county_folder, "pull", "--json").stdout)
    assert (answer["ok"], answer["segments"]) == (True, 1)
    assert village.peers.acknowledged() == 2
    (peer,) = village.peers.all()
    assert (peer.public_key, len(peer.chain)) == (name, 1)
    said = call(county_folder, "identity", "--qr").stdout
    assert words.spoken(name) in said
    assert "1-mal" in said
    assert "█" in said

    status = json.loads(call(county_folder, "status", "--json").stdout)
    (hub,) = status["hubs"]
    assert hub["key_changes"] == 1
    done = json.loads(call(county_folder, "revoke", hub["hub"], "--up-to", "1", "--json").stdout)
    assert (done["segments"], done["up_to"]) == (1, 1)
    assert done["readings"] > 0
    assert "[revoked]" in call(county_folder, "pull", code=1).stdout
    assert "Gesperrt ab Nummer 2" in call(county_folder, "status", code=1).stdout
    (exchange,) = village.store.exchanges()
    assert "nur Sendungen bis Nummer 1" in exchange.last_error


def test_a_county_meets_a_hub_that_changed_its_key_before(
    village: Any, address: str, county_folder: Path
) -> None:
    measure(village)
    name = village.identity.name
    rotate_hub(village)
    measure(village)
    answer = json.loads(call(county_folder, "enrol", address, "--json").stdout)
    assert answer["hub_words"] == words.spoken(name)
    call(county_folder, "confirm", answer["hub"])
    village.peers.confirm(answer["county_words"], 2)
    said = json.loads(call(county_folder, "pull", "--json").stdout)
    assert (said["ok"], said["segments"]) == (True, 2)


def test_a_restored_card_is_told_on_both_sides_and_goes_on_in_a_new_stream(
    village: Any, address: str, county_folder: Path
) -> None:
    answer = json.loads(call(county_folder, "enrol", address, "--json").stdout)
    call(county_folder, "confirm", answer["hub"])
    village.peers.confirm(answer["county"], 2)
    measure(village)
    backup = village.store.connection.rows("SELECT epoch, last_seq, last_hash FROM sync_state")[0]
    measure(village)
    call(county_folder, "pull")
    with village.store.connection.transaction() as driver:  # what a restored backup holds
        driver.execute("UPDATE sync_state SET epoch = ?, last_seq = ?, last_hash = ?", backup)
        driver.execute("DELETE FROM sync_segment WHERE seq > 1")
    assert "[rolled_back]" in call(county_folder, "pull", code=1).stdout
    (exchange,) = village.store.exchanges()
    assert "schon Sendungen bis Nummer 2" in exchange.last_error
    said = call(county_folder, "status", code=1).stdout
    assert "gesperrt" in said
    assert "weniger Daten" in said
    village.outbox.begin_epoch(2)
    call(county_folder, "confirm", answer["hub"])
    measure(village)
    outcome = json.loads(call(county_folder, "pull", "--json").stdout)
    assert (outcome["ok"], outcome["segments"]) == (True, 1)
    call(county_folder, "status")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("revoke", "0123456789abcdef", "--up-to", "1"), 1),
        (("revoke", "irgendwer", "--up-to", "1"), 1),
        (("revoke", "0123456789abcdef", "--up-to", "1", "--epoch", "zz"), 2),
        (("revoke", "0123456789abcdef"), 2),
        (("confirm", "Abend", "Abend"), 1),
    ],
)
def test_what_is_refused(county_folder: Path, arguments: tuple[str, ...], code: int) -> None:
    done = call(county_folder, *arguments, code=code)
    assert "Traceback" not in done.output
