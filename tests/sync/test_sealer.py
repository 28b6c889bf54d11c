from __future__ import annotations

from typing import Any

import pyrage
import pytest

from edge.care.consent import COUNTY
from edge.clock import FixedClock
from edge.store.journal import Journal, entry_key
from edge.store.personal_rows import CareRow
from edge.store.village_time import Offset
from hardware.reading import TimeQuality
from sync import columns, replies, stream
from sync.errors import FormatError
from sync.identity import Identity, fingerprint
from sync.segment import Segment, StreamClass, verify_link
from sync.wire import Ack, Enrolment

T0 = 1_795_000_000_000
SECRET = pyrage.x25519.Identity.generate()


def confirm_county(village: Any, *recipients: str) -> Identity:
    county = Identity.generate()
    village.peers.ask(Enrolment(county.public_key, "Landkreis", recipients), T0)
    village.peers.confirm(fingerprint(county.public_key), T0)
    return county


def press(village: Any, person: int, count: int, first: int = 0) -> None:
    with village.personal() as store:
        for n in range(first, first + count):
            store.add_care_round(
                [
                    CareRow(
                        T0 + n * 60_000,
                        "ble:C0112233AABB",
                        person,
                        TimeQuality.DEVICE,
                        T0 + n * 60_000 + 5000,
                        n + 1,
                        systolic_mmhg=121.0 + n,
                        diastolic_mmhg=81.0,
                        pulse_per_min=66.0,
                    )
                ]
            )


def person_with_consent(village: Any, recipient: str = COUNTY) -> int:
    with village.personal() as store:
        person: int = store.add_person(f"Person {len(store.persons())}", T0)
        store.give_consent(
            person,
            purpose="care",
            data_kind="blood_pressure",
            sentence="Ich bin einverstanden.",
            given_how="paper",
            at=T0,
            recipient=recipient,
        )
        return person


def test_rounds_wait_until_they_are_old_enough(village: Any) -> None:
    village.measure(2)
    assert village.sealer.step(village.clock.stamp()).village == 0
    village.clock.advance(899_999)
    assert village.sealer.step(village.clock.stamp()).village == 0
    village.clock.advance(1)
    assert village.sealer.step(village.clock.stamp()).village == 1
    village.clock.advance(10_000_000)
    village.measure(1)
    assert village.sealer.step(village.clock.stamp()).village == 0, "a new round starts anew"


def test_a_clock_that_is_set_makes_nothing_due(village: Any) -> None:
    village.measure(2)
    village.sealer.step(village.clock.stamp())
    village.clock.wall_ms += 10 * 365 * 86_400_000
    assert village.sealer.step(village.clock.stamp()).village == 0


def test_enough_rounds_are_sealed_at_once(village: Any) -> None:
    village.measure(stream.METER.seal_rows // 50 + 1, meters=50)
    assert village.sealer.step(village.clock.stamp()).village == 1


def test_everything_is_sealed_when_asked_for(village: Any) -> None:
    village.measure(50, meters=50)
    assert village.sealer.step(village.clock.stamp(), everything=True).village == 3
    assert village.outbox.waiting(stream.METER, village.store.connection).rounds == 0


def test_care_is_sealed_to_its_recipients_alone(village: Any) -> None:
    person = person_with_consent(village)
    press(village, person, 3)
    waits = village.sealer.step(village.clock.stamp(), everything=True)
    assert (waits.care, village.outbox.position().last_seq) == (0, 0)
    assert "Empfänger" in waits.care_waits
    confirm_county(village, str(SECRET.to_public()))
    assert village.sealer.step(village.clock.stamp(), everything=True).care == 1
    segment = Segment.decode(village.outbox.read(1))
    assert segment.header.stream is StreamClass.CARE
    with pytest.raises(FormatError):
        columns.decode(segment.body)
    with pytest.raises(FormatError):
        stream.open_sealed(segment.body, [str(pyrage.x25519.Identity.generate())])
    (source,) = columns.decode(stream.open_sealed(segment.body, [str(SECRET)]))
    assert source.device == "ble:C0112233AABB"
    assert source.columns["systolic_mmhg"] == (121.0, 122.0, 123.0)
    assert source.columns["person"] == (person,) * 3
    assert set(source.qualities) == {int(TimeQuality.DEVICE)}
    assert village.sealer.step(village.clock.stamp(), everything=True).care == 0


def test_a_care_segment_is_about_one_person(village: Any) -> None:
    """So that one of them can be erased and the other's values and the chain stay."""
    first, second = person_with_consent(village), person_with_consent(village)
    press(village, first, 2)
    press(village, second, 2, first=2)
    confirm_county(village, str(SECRET.to_public()))
    assert village.sealer.step(village.clock.stamp(), everything=True).care == 2
    village.outbox.erase(1)
    one, two = (Segment.decode(village.outbox.read(seq)) for seq in (1, 2))
    assert one.erased
    verify_link(two, epoch=one.header.epoch, seq=2, previous=one.hash)
    (source,) = columns.decode(stream.open_sealed(two.body, [str(SECRET)]))
    assert set(source.columns["person"]) == {second}


def test_care_waits_while_personal_db_is_locked(village: Any) -> None:
    press(village, person_with_consent(village), 1)
    confirm_county(village, str(SECRET.to_public()))
    key = village.folder / "personal.key"
    content = key.read_text()
    key.unlink()
    waits = village.sealer.step(village.clock.stamp(), everything=True)
    assert waits.care == 0
    assert "gesperrt" in waits.care_waits
    key.write_text(content)
    assert village.sealer.step(village.clock.stamp(), everything=True).care == 1


def test_care_waits_for_a_county_that_asks(village: Any) -> None:
    person = person_with_consent(village)
    confirm_county(village, str(SECRET.to_public()))
    press(village, person, 2)
    village.clock.advance(3_600_000)
    assert village.sealer.step(village.clock.stamp()).care == 0
    assert village.sealer.step(village.clock.stamp(), asked=True).care == 1, "nothing is late"
    press(village, person, 1, first=2)
    village.clock.advance(899_999)
    assert village.sealer.step(village.clock.stamp(), asked=True).care == 0, "asked all the time"
    village.clock.advance(1)
    assert village.sealer.step(village.clock.stamp(), asked=True).care == 1


def test_care_that_nobody_asks_for_is_sealed_after_hours(village: Any) -> None:
    """It can leave then while personal.db is locked after a night without power."""
    press(village, person_with_consent(village), 1)
    confirm_county(village, str(SECRET.to_public()))
    village.sealer.step(village.clock.stamp())
    village.clock.advance(21_599_999)
    assert village.sealer.step(village.clock.stamp()).care == 0
    village.clock.advance(1)
    assert village.sealer.step(village.clock.stamp()).care == 1


def test_what_may_not_leave_makes_nothing_urgent(village: Any) -> None:
    press(village, person_with_consent(village, "hub"), 1)
    confirm_county(village, str(SECRET.to_public()))
    assert village.sealer.step(village.clock.stamp(), asked=True).care == 0
    with village.personal() as store:
        waiting = village.outbox.waiting(stream.CARE, store.connection)
    assert waiting.rounds == 1


@pytest.mark.parametrize("recipient", ["hub", "somebody"])
def test_care_without_consent_for_the_county_stays(village: Any, recipient: str) -> None:
    press(village, person_with_consent(village, recipient), 2)
    confirm_county(village, str(SECRET.to_public()))
    assert village.sealer.step(village.clock.stamp(), everything=True).care == 0
    assert village.outbox.position().last_seq == 0


def test_a_withdrawn_consent_holds_for_what_was_not_sent(village: Any) -> None:
    first, second = person_with_consent(village), person_with_consent(village)
    press(village, first, 2)
    press(village, second, 2, first=2)
    with village.personal() as store:
        store.withdraw_consent(first, T0 + 1)
    confirm_county(village, str(SECRET.to_public()))
    assert village.sealer.step(village.clock.stamp(), everything=True).care == 1
    body = stream.open_sealed(Segment.decode(village.outbox.read(1)).body, [str(SECRET)])
    (source,) = columns.decode(body)
    assert set(source.columns["person"]) == {second}


def test_rounds_with_nothing_to_send_do_not_stop_the_rest(village: Any) -> None:
    silent, speaking = person_with_consent(village, "hub"), person_with_consent(village)
    press(village, silent, stream.CARE.seal_rows + 1)
    press(village, speaking, 1, first=stream.CARE.seal_rows + 1)
    confirm_county(village, str(SECRET.to_public()))
    assert village.sealer.step(village.clock.stamp(), everything=True).care == 1


def test_a_broken_recipient_stops_nothing_else(village: Any) -> None:
    press(village, person_with_consent(village), 1)
    village.measure(1)
    confirm_county(village, "age1thisisnokey")
    sealed = village.sealer.step(village.clock.stamp(), everything=True)
    assert (sealed.village, sealed.care) == (1, 0)
    assert "neu anmelden" in sealed.care_waits


def test_pruning_waits_for_every_county(village: Any) -> None:
    first, second = confirm_county(village), confirm_county(village)
    village.measure(1)
    village.sealer.step(village.clock.stamp(), everything=True)

    def acknowledge(county: Identity) -> None:
        position = village.outbox.position()
        now = village.clock.stamp().wall_ms
        ack = Ack(village.identity.public_key, position.epoch, 1, county.public_key, now)
        replies.accept(ack, village.outbox, village.peers, now)

    acknowledge(first)
    village.clock.advance(100 * 86_400_000)
    acknowledge(first)
    assert village.sealer.step(village.clock.stamp()).pruned == 0
    acknowledge(second)
    village.clock.advance(3_600_000)
    assert village.sealer.step(village.clock.stamp()).pruned == 1


def test_where_care_readings_belong_follows_them_sealed(village: Any) -> None:
    confirm_county(village, str(SECRET.to_public()))
    agreed, silent = person_with_consent(village), person_with_consent(village, "hub")
    with village.personal() as store, Journal(village.folder / "journal.db") as journal:
        for person, cuff in ((agreed, "ble:A"), (silent, "ble:B")):
            clock = FixedClock(1000, TimeQuality.UNKNOWN, monotonic_ns=5_000_000_000)
            entry = journal.append(
                "village", "radio", cuff, "ble:2A35", entry_key(cuff), b"x", clock.stamp()
            )
            store.add_care_round([CareRow(1000, cuff, person, clock.quality, 1000, entry, 121.0)])
        offset = Offset(clock.boot_id, T0, TimeQuality.SYNCHRONISED, T0)
        assert store.place(journal, [offset]) == 2
    assert village.sealer.step(village.clock.stamp(), everything=True).care == 2
    last = village.outbox.position().last_seq
    segment = Segment.decode(village.outbox.read(last))
    assert (segment.header.stream, segment.header.schema) == (StreamClass.CARE, "care-placed/1")
    body = stream.open_sealed(segment.body, [str(SECRET)])
    (source,) = columns.decode(body)
    assert (source.device, source.times_ms) == ("ble:A blood_pressure", (1000,))
    assert source.columns == {"person": (float(agreed),), "placed_ms": (float(T0 + 5000),)}
    with village.personal() as store:
        assert len(store.sent_bodies(agreed)) == 2  # an erasure finds it
