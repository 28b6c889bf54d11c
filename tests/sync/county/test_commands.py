"""The county's commands against a real hub's pull interface."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
from click.testing import CliRunner, Result

from sync import identity, stick, words
from sync.cli import root
from sync.pull_server import PullServer
from sync.server import Desk, create_app
from sync.stream import METER


class _Silent:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


@dataclass(slots=True)
class Hub:
    """A village whose sync process answers at ``address`` while ``server`` lives."""

    village: Any
    server: PullServer
    address: str = field(init=False)

    def __post_init__(self) -> None:
        self.address = f"http://127.0.0.1:{self.server.port}"

    def measure(self, rounds: int) -> None:
        self.village.measure(rounds)
        self.village.outbox.seal(METER, self.village.store.connection, self.village.clock.stamp())


@pytest.fixture
def hub(village: Any) -> Iterator[Hub]:
    desk = Desk("Dorf", village.identity, village.outbox, village.peers, village.clock, _Silent())
    with PullServer(create_app(desk), "127.0.0.1", 0) as server:
        yield Hub(village, server)


class Run(Protocol):
    """Run a command of the county and hold it to its exit code."""

    def __call__(self, *arguments: str, code: int = 0) -> Result: ...


@pytest.fixture
def run(county_folder: Path) -> Run:
    def run(*arguments: str, code: int = 0) -> Result:
        done = CliRunner().invoke(
            root, ["county", arguments[0], *arguments[1:], "--county", str(county_folder)]
        )
        assert done.exit_code == code, done.output + str(done.exception)
        return done

    return run


def enrolled(run: Run, hub: Hub) -> dict[str, object]:
    answer = json.loads(run("enrol", hub.address, "--json").stdout)
    run("confirm", answer["hub"])
    hub.village.peers.confirm(answer["county"], 2)
    return answer


def test_from_nothing_to_a_pulled_reading(run: Run, hub: Hub) -> None:
    answer = enrolled(run, hub)
    assert answer["hub"] == identity.fingerprint(hub.village.identity.public_key)
    hub.measure(5)
    said = json.loads(run("pull", "--json").stdout)
    assert (said["ok"], said["rows"], said["segments"]) == (True, 52, 1)
    assert said["hubs"][0]["name"] == "Dorf"
    assert hub.village.peers.acknowledged() == 1
    again = json.loads(run("pull", "--json").stdout)
    assert (again["ok"], again["rows"]) == (True, 0)
    status = json.loads(run("status", "--json").stdout)
    assert (status["ok"], status["rows"]) == (True, 52)
    assert status["fingerprint"] == answer["county"]
    assert status["hubs"][0]["positions"][0]["seq"] == 1


def test_enrol_shows_both_fingerprints_and_what_each_person_types(run: Run, hub: Hub) -> None:
    said = run("enrol", hub.address).stdout
    own = identity.fingerprint(hub.village.identity.public_key)
    assert own in said
    spoken = words.spoken(hub.village.identity.public_key).lower()
    assert f"dorfhub county confirm {spoken}" in said
    (peer,) = hub.village.peers.all()
    theirs = identity.fingerprint(peer.public_key)
    assert theirs in said
    assert f"dorfhub sync enrol {words.spoken(peer.public_key).lower()}" in said
    assert not peer.confirmed
    assert peer.name == "Landkreis Gießen"


def test_nothing_comes_before_both_sides_have_confirmed(run: Run, hub: Hub) -> None:
    hub.measure(1)
    answer = json.loads(run("enrol", hub.address, "--json").stdout)
    assert "[not_confirmed]" in run("pull", code=1).stdout
    assert "[not_confirmed]" in run("status", code=1).stdout
    run("confirm", answer["hub"])
    assert "[not_enrolled]" in run("pull", code=1).stdout
    hub.village.peers.confirm(answer["county"], 2)
    run("pull")
    run("status")


def test_status_says_why_nothing_came_and_when_it_last_did(run: Run, hub: Hub) -> None:
    enrolled(run, hub)
    hub.measure(1)
    run("pull")
    good = json.loads(run("status", "--json").stdout)["hubs"][0]
    hub.server.close()
    said = json.loads(run("pull", "--json", code=1).stdout)
    assert (said["ok"], said["hubs"][0]["code"]) == (False, "refused")
    status = json.loads(run("status", "--json", code=1).stdout)
    found = status["hubs"][0]
    assert (status["ok"], found["code"]) == (False, "refused")
    assert found["last_success_at"] == good["last_success_at"]
    assert found["last_contact_at"] > good["last_contact_at"]
    text = run("status", code=1).stdout
    assert "der Abgleich läuft dort nicht. [refused]" in text
    assert "Zuletzt angekommen: " in text
    assert "Was tun: " in text


def test_the_next_address_is_tried(run: Run, hub: Hub, county_folder: Path) -> None:
    answer = enrolled(run, hub)
    with (county_folder / "county.toml").open("a") as file:
        file.write(f'[[hub]]\nid = "{answer["id"]}"\naddresses = ["http://127.0.0.1:9"]\n')
    hub.measure(1)
    said = json.loads(run("pull", "--json").stdout)
    assert (said["ok"], said["hubs"][0]["way"]) == (True, hub.address)


def test_a_stick_goes_there_and_back(run: Run, hub: Hub, tmp_path: Path) -> None:
    enrolled(run, hub)
    hub.measure(3)
    usb = tmp_path / "usb"
    usb.mkdir()
    assert len(list(stick.export(hub.village.outbox, usb, 0))) == 1
    said = json.loads(run("import", str(usb), "--json").stdout)
    assert (said["ok"], said["segments"]) == (True, 1)
    ((_, ack),) = stick.replies(usb)
    assert ack.seq == 1
    run("import", str(usb))


def test_an_empty_folder_is_named(run: Run, tmp_path: Path) -> None:
    assert "[absent]" in run("import", str(tmp_path / "nothing"), code=1).stderr


def test_a_wrong_fingerprint_confirms_nobody(run: Run, hub: Hub) -> None:
    answer = json.loads(run("enrol", hub.address, "--json").stdout)
    changed = ("0" if answer["hub"][0] != "0" else "1") + answer["hub"][1:]
    assert "kein bekannter Hub" in run("confirm", changed, code=1).stderr
    assert json.loads(run("status", "--json", code=1).stdout)["hubs"][0]["state"] == "pending"


def test_nobody_at_the_address(run: Run) -> None:
    assert "[refused]" in run("enrol", "http://127.0.0.1:9", code=1).stderr


def test_usage(run: Run) -> None:
    run("enrol", "hub:8082", code=2)
    run("enrol", code=2)
    run("pull", "superfluous", code=2)


def test_a_missing_county_is_a_configuration_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(root, ["county", "status", "--county", str(tmp_path)])
    assert done.exit_code == 78
    assert "county init" in done.stderr


def test_init_twice_is_refused(tmp_path: Path) -> None:
    arguments = ["county", "init", str(tmp_path / "k"), "--name", "Kreis"]
    assert CliRunner().invoke(root, arguments).exit_code == 0
    assert CliRunner().invoke(root, arguments).exit_code == 78


def test_a_county_without_hubs_says_how_to_begin(run: Run) -> None:
    assert "county enrol" in run("status").stdout
    assert "noch kein Hub" in run("pull").stdout
