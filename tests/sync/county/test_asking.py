"""What a county lacks, asked for on the stick that showed it, and brought by the same stick."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from sync import again, wire
from sync.carrier.folder import ROOT
from sync.cli import root
from sync.county import asking, visits
from sync.errors import SyncError
from sync.identity import Identity, fingerprint, short_id
from sync.stream import METER

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer


class Road:
    """A village, a county, a stick, and the commands that people type on either side."""

    def __init__(self, village: Any, county: Path, stick: Path) -> None:
        self.village, self.county, self.stick = village, county, stick
        self.hub = short_id(village.identity.name)
        self.toml = village.folder / "hub.toml"
        self.toml.write_text('[hub]\nname = "DGH"\nvillage = "Wetterfeld"\nstate = "."\n')

    def at_hub(self, command: str, code: int = 0) -> str:
        return self._run(["--config", self.toml, "sync", command, self.stick], code)

    def at_county(self, *words: object, code: int = 0) -> str:
        return self._run(["county", *words, "--county", self.county], code)

    def files(self, suffix: str) -> list[str]:
        return sorted(path.name for path in self.stick.rglob(f"*{suffix}"))

    def _run(self, words: list[object], code: int) -> str:
        done = CliRunner().invoke(root, [str(one) for one in words], catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done.output


@pytest.fixture
def road(village: Any, office: Office, county_folder: Path, stick: Path) -> Road:
    """Return a hub with six segments; the county acknowledged four, and lost its disk since."""
    for _ in range(6):
        village.measure(2)
        village.outbox.seal(METER, village.store.connection, village.clock.stamp())
    county, hub = office.county.identity.name, village.identity.name
    village.peers.ask(wire.Enrolment(county, "Kreis", ()), 1)
    village.peers.confirm(fingerprint(county), 2)
    ack = wire.Ack(hub, village.outbox.position().epoch, 4, county, 3)
    village.peers.acknowledge(ack, last_seq=6, now_ms=3)
    office.county.ledger.add_hub(
        short_id(hub), public_key=hub, fingerprint=fingerprint(hub), name="DGH", now_ms=1
    )
    office.county.ledger.confirm(short_id(hub), now_ms=2)
    return Road(village, county_folder, stick)


def test_what_is_missing_comes_with_the_next_round_of_the_stick(road: Road) -> None:
    road.at_hub("export")
    said = road.at_county("import", road.stick, code=1)
    assert "[gap]" in said
    assert "die Bitte, die Sendungen 1 bis 4 noch einmal" in said
    assert road.files(".again") == [f"{road.hub}-{county_id(road)}.again"]
    assert "bittet noch einmal um die Pakete 1 bis 4" in road.at_hub("import")
    assert "Die Pakete 1 bis 4 liegen noch einmal auf dem Stick" in road.at_hub("export")
    said = road.at_county("import", road.stick)
    assert "6 Sendungen" in said
    assert "Der Hub antwortet auf die Bitte um die Sendungen 1 bis 4: Die Pakete 1 bis 4" in said
    assert road.files(".again") == road.files(".answer") == []
    assert "Hub antwortet" not in road.at_county("import", road.stick)


def test_what_is_no_longer_kept_is_said_and_not_asked_for_once_more(road: Road) -> None:
    road.village.outbox.prune(4, road.village.clock.stamp().wall_ms + 1)
    road.at_hub("export")
    road.at_county("import", road.stick, code=1)
    assert "hat der Hub nicht mehr" in road.at_hub("export")
    said = road.at_county("import", road.stick, code=1)
    assert "Aufbewahrungszeit ist vorbei. Er hat noch alles ab Paket 5" in said
    assert road.files(".again") == []


def test_any_range_can_be_asked_for_by_hand(road: Road) -> None:
    assert "noch nie etwas angekommen" in road.at_county(
        "export", road.stick, "--again", road.hub, 2, 3, code=1
    )
    (road.stick / ROOT).mkdir(exist_ok=True)
    for after, code in ((0, 0), (None, 0)):
        if after == 0:
            words = ["--config", str(road.toml), "sync", "export", str(road.stick), "--after", "0"]
            assert CliRunner().invoke(root, words).exit_code == code
        road.at_county("import", road.stick)
    said = road.at_county("export", road.stick, "--again", road.hub, 2, 3)
    assert "Bitte um die Sendungen 2 bis 3 liegt dabei" in said
    road.at_hub("import")
    assert "Die Pakete 2 bis 3" in road.at_hub("export")
    assert any(name.endswith("-2-3.dhb") for name in road.files(".dhb"))
    assert "Bitte um die Sendungen 2 bis 3" in road.at_county("import", road.stick)
    for spans, word in (
        (["--again", road.hub, 3, 2], "vor FIRST"),
        (["--again", road.hub, 1, 2, "--again", road.hub, 3, 4], "nur ein Bereich"),
    ):
        assert word in road.at_county("export", road.stick, *spans, code=2)


def county_id(road: Road) -> str:
    (peer,) = road.village.peers.all()
    return short_id(peer.public_key)


def test_an_answer_that_is_forged_old_or_to_another_leaves_the_request(
    office: Office, writer: Writer, stick: Path
) -> None:
    hub = office.know(writer)
    writer.add(4)
    writer.write(stick, 2, 4)
    (outcome,) = visits.import_folder(office.county, stick)
    assert (outcome.code, "Sendungen 1 bis 2" in outcome.again) == ("gap", True)
    (asked,) = stick.rglob("*.again")
    request = again.decode(asked.read_bytes())
    assert (request.hub, request.after, request.until) == (hub.public_key, 0, 2)
    own = office.county.identity.name
    good = again.Answer(hub.public_key, own, request.at_ms, 0, "pruned", "Weg.", 1)
    place = stick / ROOT / writer.id / f"{short_id(own)}.answer"
    for data in (
        again.encode_answer(good, Identity.generate()),
        again.encode_answer(
            again.Answer(hub.public_key, own, request.at_ms - 1, 0, "pruned", "Alt.", 1),
            writer.identity,
        ),
        b"rubbish",
    ):
        place.write_bytes(data)
        (outcome,) = visits.import_folder(office.county, stick)
        assert "Hub antwortet" not in outcome.again
        assert asked.exists()
        request = again.decode(asked.read_bytes())
    good = again.Answer(hub.public_key, own, request.at_ms, 0, "pruned", "Weg.", 1)
    place.write_bytes(again.encode_answer(good, writer.identity))
    (outcome,) = visits.import_folder(office.county, stick)
    assert outcome.again.endswith("1 bis 2: Weg.")
    assert not asked.exists()


def test_a_hub_that_nobody_confirmed_is_asked_for_nothing(
    office: Office, writer: Writer, stick: Path
) -> None:
    hub = office.know(writer, confirmed=False)
    with pytest.raises(SyncError, match="bestätigt"):
        asking.ask(office.county, stick, hub, 0, 3, now_ms=1)


def test_a_stick_that_takes_no_request_is_said(office: Office, writer: Writer, stick: Path) -> None:
    office.know(writer)
    writer.add(3)
    writer.write(stick, 1, 3)
    (stick / ROOT / "acks").write_bytes(b"a file where the folder belongs")
    (outcome,) = visits.import_folder(office.county, stick)
    assert outcome.code == "gap"
    assert "ließ sich auf dem Stick nicht bitten" in outcome.again
