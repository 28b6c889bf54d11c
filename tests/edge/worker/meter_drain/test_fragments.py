"""Messages in several telegrams, from the journal's entries to one reading."""

from __future__ import annotations

from dataclasses import replace

from edge.store.journal import State
from edge.worker.meter_drain import Drained
from edge.worker.pieces import MOST_BEGUN, TOGETHER_MS, Piece, Pieces
from tests.edge.worker.meter_drain.house import KEY, House, records
from tests.hardware.wmbus.fragmented import sealed_message, telegrams


def in_fragments(kwh: int, count: int = 1, cuts: tuple[int, ...] = (20,)) -> list[bytes]:
    """A message of the communal meter, its counter rising by one a message."""
    counter = count.to_bytes(4, "little")
    message, code = sealed_message(records(kwh), counter=counter, key=KEY)
    return telegrams(message, code, cuts=cuts, counter=counter)


def test_fragments_wait_in_the_journal_until_their_message_is_whole(house: House) -> None:
    house.key()
    first, second, third = in_fragments(5249, cuts=(12, 24))
    early = [house.arrive(first), house.arrive(second)]
    assert house.run().kept == {"fragment": 2}
    assert {house.state(one) for one in early} == {(State.QUARANTINED, "FragmentMissing")}
    assert house.village.devices("meter")[0].last_error is None
    last = house.arrive(third)
    assert house.run() == Drained(village=1)
    assert {house.state(one) for one in (*early, last)} == {(State.DECODED, "")}
    (row,) = house.village.latest()
    assert (row.energy_kwh, row.journal_id) == (5249.0, last)
    assert [key.state for key in house.personal.meter_keys()] == ["opens"]
    assert house.run() == Drained()


def test_fragments_of_one_batch_and_of_one_cut_by_a_restart(house: House) -> None:
    house.key()
    for raw in in_fragments(5249):
        house.arrive(raw)
    assert house.run() == Drained(village=1)
    first, second = in_fragments(5250, count=2)
    house.arrive(first)
    house.run()
    house.restart()
    house.arrive(second)
    assert house.run() == Drained(village=1)
    assert house.energies() == [5249.0, 5250.0]


def test_the_key_that_comes_later_opens_fragments_too(house: House) -> None:
    entries = [
        house.arrive(raw) for day in range(3) for raw in in_fragments(5000 + day, count=day + 1)
    ]
    assert house.run().kept == {"key_required": 3}
    assert {house.state(one) for one in entries} == {
        (State.QUARANTINED, "KeyRequired KAM-12345678")
    }
    house.key()
    assert house.run() == Drained(village=3)
    assert house.energies() == [5000.0, 5001.0, 5002.0]
    assert {house.state(one)[0] for one in entries} == {State.DECODED}


def test_fragments_of_two_messages_give_no_reading(house: House) -> None:
    house.key()
    one, other = in_fragments(5249), in_fragments(5250, count=2)
    mixed = [house.arrive(one[0]), house.arrive(other[1])]
    assert house.run().kept == {"wrong_key": 1}
    assert {house.state(entry)[1] for entry in mixed} == {"WrongKey KAM-12345678"}
    assert [key.state for key in house.personal.meter_keys()] == ["unused"]  # it is not its fault
    for raw in (one[0], *other):  # a message that lost its end, and the next one
        house.arrive(raw)
    assert house.run().village == 1
    assert house.energies() == [5250.0]


def test_fragments_that_come_too_late_or_twice_or_are_none(house: House) -> None:
    house.key()
    first, second = in_fragments(5249)
    house.arrive(first)
    house.clock.advance(TOGETHER_MS + 1)
    house.arrive(second)
    assert house.run().kept == {"fragment": 2}
    again = in_fragments(5250, count=2)
    for raw in (again[0], again[0], again[1], again[1]):
        house.arrive(raw)
    assert house.run().village == 1
    empty = telegrams(b"", b"", cuts=(0,), counter=b"")[0]
    entry = house.arrive(empty)
    assert house.run().kept == {"unreadable": 1}
    assert house.state(entry)[1].startswith("DecodeError: fragment 1 is none")


def test_a_message_that_nothing_vouches_for_is_not_believed(house: House) -> None:
    house.key()
    for raw in telegrams(b"\x7a\x2a\0\0\0" + records(5249), b"", cuts=(12,), counter=b""):
        house.arrive(raw)
    message, code = sealed_message(records(5250), key=KEY)
    for raw in telegrams(message, code[:2], cuts=(12,)):
        house.arrive(raw)
    assert house.run().kept == {"unreadable": 2}
    assert house.energies() == []
    assert "beweist" in str(house.village.devices("meter")[0].last_error)


def test_a_replayed_message_is_refused_with_all_its_fragments(house: House) -> None:
    house.key()
    for raw in (*in_fragments(5249, count=9), *in_fragments(5250, count=10)):
        house.arrive(raw)
    assert house.run() == Drained(village=2)
    replayed = [house.arrive(raw) for raw in in_fragments(5200, count=8)]
    assert house.run().kept == {"replay": 1}
    assert {house.state(one) for one in replayed} == {(State.QUARANTINED, "Replay")}


def test_begun_messages_do_not_fill_the_memory(house: House) -> None:
    pieces = Pieces()
    first = in_fragments(5249)[0]
    entry = house.journal.entry(house.arrive(first))
    assert entry is not None
    for number in range(MOST_BEGUN + 9):
        assert pieces.add(replace(entry, device=f"wmbus:KAM-{number:08d}-1B-04"), first) == Piece()
    assert len(pieces) == MOST_BEGUN
    assert pieces.add(entry, b"\x00") is None
