"""The search finds every set of meters on a bus that garbles what overlaps."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.mbus.frame import encode_long, encode_short
from hardware.mbus.probe import Found, LineNoise, Probe, Verdict
from hardware.mbus.scan import Presence, PrimaryScan
from hardware.mbus.search import MOST_BARREN, SecondarySearch
from hardware.mbus.secondary import DESELECT, SecondaryAddress, select
from hardware.sim.bus import BusMeter
from hardware.sim.link import Faults
from hardware.sim.telegrams import FileTelegrams

from .surveying import RECORDS, Line, bus_meter, lead

LUG = 0x32A7
NUMBERS = st.integers(0, 10**8 - 1).map(lambda number: f"{number:08d}")
ADDRESSES = st.builds(
    SecondaryAddress,
    # a narrow range makes neighbours, and meters of one number, likely
    NUMBERS | st.integers(66000000, 66000019).map(str),
    st.sampled_from((LUG, 0x2C2D)),
    st.sampled_from((1, 7)),
    st.sampled_from((4, 7, 13)),
)


def searched(line: Line, within: SecondaryAddress | None = None) -> SecondarySearch:
    search = SecondarySearch(within or SecondaryAddress())
    lead(search, line)
    return search


@settings(max_examples=25, deadline=None)
@given(st.sets(ADDRESSES, max_size=25), st.integers(0, 10_000), st.booleans(), st.integers(1, 30))
def test_every_set_of_meters_is_found(
    addresses: set[SecondaryAddress],
    seed: int,
    echo: bool,  # noqa: FBT001
    cut: int,
) -> None:
    line = Line([bus_meter(one) for one in addresses], seed=seed, echo=echo, cut=cut)
    search = searched(line)
    assert {found.secondary for found in search.found} == addresses
    assert len(search.found) == len(addresses)
    assert search.unresolved == []
    assert line.requests[-1] == DESELECT
    assert search.asked == len(line.requests)


@settings(max_examples=12, deadline=None)
@given(st.sets(ADDRESSES, max_size=15), ADDRESSES, st.integers(0, 7))
def test_a_search_within_a_part_finds_that_part(
    addresses: set[SecondaryAddress], wanted: SecondaryAddress, closed: int
) -> None:
    within = SecondaryAddress(wanted.digits[:closed] + "F" * (8 - closed), wanted.manufacturer)
    search = searched(Line([bus_meter(one) for one in addresses]), within)
    assert {found.secondary for found in search.found} == {
        one for one in addresses if within.matches(one)
    }


def test_a_whole_bus_of_neighbours_needs_few_questions() -> None:
    addresses = {SecondaryAddress(str(66000000 + n), LUG, 7, 4) for n in range(60)}
    search = searched(Line([bus_meter(one, n % 250 + 1) for n, one in enumerate(addresses)]))
    assert {found.secondary for found in search.found} == addresses
    assert search.asked < 300


def test_meters_of_one_number_are_told_apart() -> None:
    one = SecondaryAddress("12345678", LUG, 7, 4)
    addresses = {
        one, replace(one, medium=7), replace(one, version=254), replace(one, manufacturer=0x2C2D),
        replace(one, digits="12345679"),
    }  # fmt: skip
    search = searched(Line([bus_meter(each) for each in addresses]))
    assert {each.secondary for each in search.found} == addresses
    assert search.unresolved == []


def test_a_fabrication_number_tells_twins_apart() -> None:
    one = SecondaryAddress("12345678", LUG, 7, 4)
    twins = {replace(one, fabrication=number) for number in ("00000017", "00000027", "99000017")}
    search = searched(Line([bus_meter(each) for each in twins]))
    # no more of the number than it takes
    assert {found.secondary.text for found in search.found if found.secondary} == {
        "12345678LUG0704/??????27", "12345678LUG0704/?0000017", "12345678LUG0704/?9000017",
    }  # fmt: skip
    nameless = searched(Line([bus_meter(one), bus_meter(one)]))
    assert nameless.found == []
    assert [pattern.text for pattern in nameless.unresolved] == ["12345678LUG0704"]


def test_numbers_with_letters_in_them_are_found() -> None:
    addresses = {SecondaryAddress(f"1234567{d}", LUG, 7, 4) for d in "ABCE"}
    search = searched(Line([bus_meter(one) for one in addresses]))
    assert {found.secondary for found in search.found} == addresses


def test_a_meter_that_answers_but_says_nothing_is_found_by_its_number() -> None:
    mute = bus_meter(SecondaryAddress("00000042", LUG, 7, 4), faults=Faults(silence_every=1))
    search = searched(Line([mute]))
    assert [found.secondary for found in search.found] == [SecondaryAddress("00000042")]
    assert search.found[0].frame is None
    dead = bus_meter(SecondaryAddress("00000042", LUG, 7, 4), mute=True)
    assert searched(Line([dead])).found == []


def test_an_answer_that_comes_with_the_next_question_is_a_stray() -> None:
    late = bus_meter(SecondaryAddress("00000005", LUG, 7, 4), late_s=1.0)
    good = {SecondaryAddress(f"0000001{n}", LUG, 7, 4) for n in range(3)}
    search = SecondarySearch()
    line = Line([late, *(bus_meter(one) for one in good)])
    lead(search, line)
    assert {found.secondary for found in search.found} == good
    assert search.strays >= 1


def test_a_meter_of_the_fixed_structure_is_selected_by_its_number() -> None:
    payload = bytes.fromhex("785634120A000000000000000000000000")[:16]

    fixed = FileTelegrams([encode_long(0x08, 3, 0x73, payload)])
    search = searched(Line([BusMeter(fixed, 3)]))
    assert [found.secondary for found in search.found] == [SecondaryAddress("12345678")]
    assert search.found[0].primary == 3


def test_a_telegram_that_names_nobody_is_searched_digit_by_digit() -> None:
    line = Line([])
    number = "12345678"

    def answer(request: bytes) -> bytes:
        line.requests.append(request)
        frame = request[7:11][::-1].hex().upper()
        if request[0] == 0x10:
            return encode_long(0x08, 1, 0x78, RECORDS)
        matched = all(a in ("F", b) for a, b in zip(frame, number, strict=True))
        return b"\xe5" if matched else b""

    line.ask = answer  # type: ignore[method-assign]
    search = SecondarySearch()
    with pytest.raises(LineNoise):
        lead(search, line)
    assert search.found == []


@pytest.mark.parametrize("echo", [False, True])
def test_noise_ends_the_search(echo: bool) -> None:  # noqa: FBT001
    line = Line([], noise=1.0, echo=echo)
    search = SecondarySearch()
    with pytest.raises(LineNoise) as caught:
        lead(search, line)
    assert caught.value.hint
    assert len(line.requests) < 500
    assert search.request() is None


@settings(max_examples=10, deadline=None)
@given(st.floats(0.02, 0.9), st.integers(0, 10_000))
def test_with_any_share_of_noise_it_ends_and_invents_nobody(noise: float, seed: int) -> None:
    addresses = {SecondaryAddress(str(66000000 + n * 37), LUG, 7, 4) for n in range(8)}
    line = Line([bus_meter(one) for one in addresses], noise=noise, seed=seed)
    search = SecondarySearch()
    try:
        lead(search, line)
    except LineNoise:
        assert search.request() is None
    found = {one.secondary for one in search.found if one.frame is not None}
    assert found <= addresses
    assert len(line.requests) < 20_000


def test_a_telegram_that_checks_out_by_chance_is_no_meter() -> None:
    """Two telegrams ANDed may be whole; selecting whom they name shows that nobody is."""
    real = {SecondaryAddress("00000003", LUG, 7, 4), SecondaryAddress("00000005", LUG, 7, 4)}
    line = Line([bus_meter(one) for one in real])
    ask = line.ask

    def phantom(request: bytes) -> bytes:
        heard = ask(request)
        if request == select(SecondaryAddress()):
            return b"\xe5"
        if len(line.requests) == 2:
            named = SecondaryAddress("00000001", LUG, 7, 4)
            return encode_long(0x08, 1, 0x72, named.wire + bytes(4))
        return heard

    line.ask = phantom  # type: ignore[method-assign]
    search = SecondarySearch()
    lead(search, line)
    assert {found.secondary for found in search.found} == real


def test_a_meter_that_answers_whoever_is_selected_does_not_hold_the_search_up() -> None:
    line = Line([])
    named = SecondaryAddress("00000001", LUG, 7, 4)
    frame = encode_long(0x08, 1, 0x72, named.wire + bytes(4))
    line.ask = lambda request: b"\xe5" if request[0] == 0x68 else frame  # type: ignore[method-assign]
    search = SecondarySearch()
    lead(search, line)
    assert [found.secondary for found in search.found] == [named]
    elsewhere = SecondarySearch(SecondaryAddress("9FFFFFFF"))
    with pytest.raises(LineNoise):
        lead(elsewhere, line)
    assert elsewhere.found == []
    assert len(elsewhere.unresolved) == MOST_BARREN


@settings(max_examples=12, deadline=None)
@given(st.sets(st.integers(0, 250), max_size=30), st.booleans(), st.integers(1, 30))
def test_the_primary_scan_finds_whoever_has_an_address(
    taken: set[int],
    echo: bool,  # noqa: FBT001
    cut: int,
) -> None:
    meters = [bus_meter(SecondaryAddress(f"{n:08d}", LUG, 7, 4), n) for n in sorted(taken)]
    scan = PrimaryScan()
    lead(scan, Line(meters, echo=echo, cut=cut))
    assert [found.primary for found in scan.found] == sorted(taken)
    assert [found.secondary.digits for found in scan.found if found.secondary] == [
        f"{n:08d}" for n in sorted(taken)
    ]
    assert scan.collisions == []


def test_two_meters_at_one_primary_address_are_a_collision() -> None:
    meters = [
        bus_meter(SecondaryAddress(f"{n:08d}", LUG, 7, 4), at) for n, at in enumerate((0, 0, 5))
    ]
    scan = PrimaryScan(range(10))
    lead(scan, Line(meters))
    assert (scan.collisions, [found.primary for found in scan.found]) == ([0], [5])


def test_a_meter_without_readings_is_found_at_its_primary_address() -> None:
    mute = bus_meter(SecondaryAddress("00000042", LUG, 7, 4), 9, faults=Faults(silence_every=1))
    scan = PrimaryScan([9, 10])
    lead(scan, Line([mute]))
    assert [(found.primary, found.secondary) for found in scan.found] == [(9, None)]


def test_a_neighbour_that_answers_for_another_is_a_collision() -> None:
    line = Line([])
    line.ask = lambda request: (  # type: ignore[method-assign]
        b"\xe5" if request[1] == 0x40 else encode_long(0x08, 7, 0x72, bytes(12))
    )
    scan = PrimaryScan([6])
    lead(scan, line)
    assert (scan.found, scan.collisions) == ([], [6])


def test_addresses_without_anybody_are_refused() -> None:
    with pytest.raises(ValueError, match="0 to 250"):
        PrimaryScan([251])


def test_noise_ends_a_scan() -> None:
    scan = PrimaryScan()
    with pytest.raises(LineNoise):
        lead(scan, Line([], noise=1.0))


def test_presence_is_anything_that_comes() -> None:
    for meters, anybody in (
        ([], False),
        ([bus_meter(SecondaryAddress("00000001", LUG, 7, 4))], True),
        ([bus_meter(SecondaryAddress(f"0000000{n}", LUG, 7, 4)) for n in range(9)], True),
    ):
        presence = Presence()
        lead(presence, Line(meters))
        assert presence.anybody == anybody


@given(st.binary(max_size=60), st.integers(1, 60))
def test_a_probe_judges_alike_however_the_bytes_are_cut(data: bytes, cut: int) -> None:
    whole, pieces = Probe(b"?"), Probe(b"?")
    whole.feed(data)
    for at in range(0, len(data), cut):
        pieces.feed(data[at : at + cut])
    assert whole.silence() == pieces.silence()


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (b"", Verdict.SILENT),
        (b"\xe5", Verdict.ACK),
        (b"\xe5\xe5", Verdict.SPOILED),
        (b"\xe4", Verdict.SPOILED),
        (encode_long(0x08, 1, 0x72, bytes(12)), Verdict.TELEGRAM),
        (encode_long(0x38, 1, 0x72, bytes(12)), Verdict.TELEGRAM),
        (encode_long(0x08, 1, 0x72, bytes(12)) * 2, Verdict.SPOILED),
        (b"\xe5" + encode_long(0x08, 1, 0x72, bytes(12)), Verdict.SPOILED),
        (encode_long(0x08, 1, 0x72, bytes(12))[:-1], Verdict.SPOILED),
        (encode_long(0x53, 1, 0x72, bytes(12)), Verdict.SPOILED),
        (DESELECT, Verdict.SILENT),
        (DESELECT * 2, Verdict.SPOILED),
        (DESELECT + b"\xe5", Verdict.ACK),
        (encode_short(0x40, 7), Verdict.SPOILED),
        (b"\x68\xff\xff\x68" + encode_long(0x08, 1, 0x72, bytes(12)), Verdict.SPOILED),
    ],
)
def test_the_verdict_on_one_question(data: bytes, verdict: Verdict) -> None:
    probe = Probe(DESELECT)
    probe.feed(data)
    assert probe.silence().verdict is verdict


def test_a_survey_that_waits_for_nothing_takes_nothing() -> None:
    presence = Presence()
    presence.feed(b"\xe5")
    presence.silence()
    assert presence.request() is not None
    assert random.Random(1)  # the seed is the bus's, not the survey's


def test_a_search_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardware.mbus.search.MOST_ASKED", 20)
    meters = [bus_meter(SecondaryAddress(f"{n}" * 8, LUG, 7, 4)) for n in range(10)]
    with pytest.raises(LineNoise, match="questions"):
        lead(SecondarySearch(), Line(meters))


def test_a_medium_that_no_standard_names_is_no_obstacle() -> None:
    one = SecondaryAddress("12345678", LUG, 7, 0xF0)
    addresses = {one, replace(one, manufacturer=0x2C2D)}
    search = searched(Line([bus_meter(each) for each in addresses]))
    assert {each.secondary for each in search.found} == addresses


def test_whoever_answers_to_two_patterns_is_found_once() -> None:
    search = SecondarySearch()
    address = SecondaryAddress("12345678", LUG, 7, 4)
    for number in (None, 3):
        search._keep(Found(number, address, None))
    assert search.found == [Found(None, address, None)]


def test_a_number_that_no_selection_can_name_is_unclear() -> None:
    search = searched(Line([bus_meter(SecondaryAddress("1234567F", LUG, 7, 4))]))
    assert search.found == []
    assert [each.text for each in search.unresolved] == ["????????"]


def test_a_meter_whose_selection_fails_once_is_selected_again() -> None:
    one = SecondaryAddress("12345678", LUG, 7, 4)
    line = Line([bus_meter(one)])
    ask, missed = line.ask, []

    def deaf(request: bytes) -> bytes:
        heard = ask(request)
        if request == select(one) and not missed:
            missed.append(request)
            return b""
        return heard

    line.ask = deaf  # type: ignore[method-assign]
    search = SecondarySearch()
    lead(search, line)
    assert [each.secondary for each in search.found] == [one]
    assert missed


def test_a_telegram_is_no_answer_to_a_selection() -> None:
    line = Line([])
    frame = encode_long(0x08, 1, 0x72, SecondaryAddress("00000001", LUG, 7, 4).wire + bytes(4))
    line.ask = lambda _request: frame  # type: ignore[method-assign]
    search = SecondarySearch()
    with pytest.raises(LineNoise):
        lead(search, line)
    assert search.found == []


def test_an_acknowledgement_is_no_answer_to_a_question() -> None:
    line = Line([])
    line.ask = lambda _request: b"\xe5"  # type: ignore[method-assign]
    search = SecondarySearch()
    with pytest.raises(LineNoise):
        lead(search, line)
    assert search.found == []


def test_twins_in_every_part_are_unclear() -> None:
    one = SecondaryAddress("12345678", LUG, 7, 4, "00000017")
    search = searched(Line([bus_meter(one), bus_meter(one)]), one)
    assert search.found == []
    assert search.unresolved == [one]
