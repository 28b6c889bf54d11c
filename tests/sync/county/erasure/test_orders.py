"""An order to erase on its way: stopped, late, by stick, of somebody else, and gone on with."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from edge.store.journal import Journal
from edge.store.village import VillageStore
from sync import bundle, erasing, stick
from sync.carrier.folder import FolderCarrier
from sync.county import erasure as at_county
from sync.county import visits
from sync.county.hub import County
from sync.erasure import Eraser
from sync.segment import NO_PREVIOUS, Segment, verify, verify_link
from sync.stream import METER
from tests.sync.county.erasure.conftest import (
    CLOCK,
    NAME,
    SYSTOLIC,
    erase,
    found_in,
    make_eraser,
    measure_later,
    opened,
    pull,
)


def test_the_chain_goes_on_verifying_and_the_receipt_comes_back(lived: Any, county: County) -> None:
    pull(county, lived)
    erase(lived)
    pull(county, lived)
    previous = NO_PREVIOUS
    position = lived.outbox.position()
    erased = []
    for seq in range(1, position.last_seq + 1):
        one = Segment.decode(lived.outbox.read(seq))
        verify(one, lived.identity.name)
        verify_link(one, epoch=position.epoch, seq=seq, previous=previous)
        previous = one.hash
        erased += [seq] if one.erased else []
    (noted,) = erasing.noted(lived.store.connection)
    assert [seq for _, seq in noted.seqs] == erased
    assert noted.answer is not None
    assert noted.answer["segments"] == 2
    assert noted.answer["remains"]
    assert erase_again_is_refused(lived)


def erase_again_is_refused(village: Any) -> bool:
    with village.personal() as personal:
        return personal.find_person(NAME) is None


@pytest.mark.parametrize("step", range(8))
def test_a_stop_at_any_step_is_gone_on_with(
    lived: Any, county: County, identity: Any, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(county, lived)
    import edge.store.erasure as steps  # noqa: PLC0415 - its functions are stopped at
    import sync.erasure as told  # noqa: PLC0415

    names = [
        (steps, "erase_from_journal"),
        (Eraser, "_note_unnoted"),
        (told, "give"),
        (erasing, "note_order"),
        (Eraser, "_erase_replies"),
        (steps, "erase_from_village"),
        (steps, "erase_from_personal"),
        (steps, "empty_logs"),
    ]
    place, name = names[step]

    def power_cut(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, name, power_cut)
        with pytest.raises(KeyboardInterrupt):
            erase(lived)
    with lived.personal() as personal, Journal(lived.folder / "journal.db") as journal:
        make_eraser(lived, personal, journal).resume(CLOCK.stamp())
        steps.empty_logs(personal, lived.store, journal)
        assert personal.find_person(NAME) is None
    assert len(erasing.noted(lived.store.connection)) == 1
    pull(county, lived)
    assert set(opened(county, identity)) == {121.0}
    assert found_in(lived.folder, county.config.state) == []


def test_nothing_more_is_sealed_once_it_was_begun(lived: Any) -> None:
    with lived.personal() as personal:
        person = personal.find_person(NAME).person
        measure_later(personal, person)
        before = lived.outbox.position().last_seq
        personal.begin_erasing(person, bytes(16), 1)
        lived.sealer.step(lived.clock.stamp(), everything=True)
        assert lived.outbox.position().last_seq == before


def test_segments_from_before_it_was_noted_whose_they_are(
    lived: Any, county: County, identity: Any
) -> None:
    with lived.personal() as personal, personal.connection.transaction() as driver:
        driver.execute("DELETE FROM sent_body")
    pull(county, lived)
    assert erase(lived).segments >= 1
    pull(county, lived)
    assert SYSTOLIC not in opened(county, identity)


def test_a_stick_that_was_away_brings_nothing_back(
    lived: Any, county: County, identity: Any, tmp_path: Path
) -> None:
    usb = tmp_path / "usb"
    usb.mkdir()
    (written,) = stick.export(lived.outbox, usb, 0)
    whole = written.path.read_bytes()
    pull(county, lived)
    erase(lived)
    pull(county, lived)
    # the county loses its copy of everything, and gets the old stick
    visits.import_folder(county, usb)
    assert set(opened(county, identity)) == {121.0}
    left = [one.erased for one in bundle.Reader(io.BytesIO(written.path.read_bytes()))]
    assert any(left), "the bundle on the stick was not purged"
    assert whole not in written.path.read_bytes()


def test_an_order_comes_before_the_bytes_on_another_way(
    lived: Any, county: County, identity: Any, tmp_path: Path
) -> None:
    """The stick with the old bundle arrives at a county that has only heard of the order."""
    usb = tmp_path / "usb"
    usb.mkdir()
    list(stick.export(lived.outbox, usb, 0))
    done = erase(lived)
    assert done.segments == 2
    visits.import_folder(county, usb)  # the bytes first, the order is not there yet
    assert SYSTOLIC in opened(county, identity)
    pull(county, lived)
    assert set(opened(county, identity)) == {121.0}


def test_a_hub_erases_nothing_of_another(lived: Any, county: County, identity: Any) -> None:
    pull(county, lived)
    before = opened(county, identity)
    with county.streams() as streams:
        assert at_county.ordered(streams, "0" * 16) == frozenset()
    other = county.config.sealed / ("f" * 16) / ("e" * 16) / "00000001.dhs"
    source = next(iter(sorted(county.config.sealed.rglob("*.dhs"))))
    other.parent.mkdir(parents=True)
    other.write_bytes(source.read_bytes())
    erase(lived)
    pull(county, lived)
    assert not Segment.decode(other.read_bytes()).erased
    assert len(opened(county, identity)) < len(before) + 5


def test_the_village_goes_on(lived: Any) -> None:
    erase(lived)
    lived.measure(1)
    assert lived.outbox.seal(METER, lived.store.connection, lived.clock.stamp()) == 1
    with VillageStore(lived.folder / "village.db") as village:
        assert village.replies() == []


def test_a_folder_carrier_of_nobody_is_no_trouble(county: County, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert FolderCarrier(tmp_path / "empty", "0" * 16).got(county.identity.name) is None
