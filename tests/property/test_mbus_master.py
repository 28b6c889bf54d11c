"""Whatever a line does to the bytes, a meter never drops what was not stored."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hardware.mbus.frame import encode_long
from hardware.mbus.master import MOST_TELEGRAMS, TRIES, NoAnswer, PollSession
from hardware.sim.link import MeterLink

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
ADDRESS = 5


class Numbered:
    """Telegrams that carry their number."""

    def __init__(self) -> None:
        self.number = 0

    def current(self, at: datetime) -> bytes:
        del at
        return encode_long(0x08, ADDRESS, 0x72, self.number.to_bytes(4, "big") + b"\xe5\x68\x10")

    def advance(self) -> None:
        self.number += 1

    def restart(self) -> None:
        """Go on: each telegram is the meter's newest."""


# what the line makes of an answer
_LINE = st.one_of(
    st.just(lambda data: data),
    st.just(lambda _: b""),
    st.binary(max_size=12).map(lambda noise: lambda _: noise),
    st.binary(max_size=6).map(lambda noise: lambda data: noise + data),
    st.binary(max_size=6).map(lambda noise: lambda data: data + noise),
    st.integers(0, 20).map(lambda at: lambda data: data[:at]),
    st.tuples(st.integers(0, 30), st.integers(1, 255)).map(
        lambda change: (
            lambda data: bytes(
                byte ^ (change[1] if index == change[0] else 0) for index, byte in enumerate(data)
            )
        )
    ),
)
# (loses the request, what becomes of the answer, storing works, more is announced, process dies)
_STEP = st.tuples(st.booleans(), _LINE, st.booleans(), st.booleans(), st.integers(0, 9))


@given(st.lists(_STEP, max_size=60))
def test_nothing_is_dropped_before_it_is_stored(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    stored: list[bytes] = []
    acknowledged: list[bytes] = []
    meter = MeterLink(ADDRESS, Numbered(), acknowledged.append)
    session = PollSession(ADDRESS)
    session.begin()
    for lost, line, stores, more, dies in steps:
        if dies == 0:
            session = PollSession(ADDRESS)
            session.begin()
        request = session.request()
        if request is None:
            session.begin()
            request = session.request()
            assert request is not None
        sent = b"" if lost else meter.feed(request, NOON)
        meter.silence()
        assert all(raw in stored for raw in acknowledged)
        try:
            answer = session.feed(line(sent)) or session.silence()
        except NoAnswer:
            continue
        if answer is not None:
            if stores:
                stored.append(answer.raw)
                session.committed(more_follows=more)
            else:
                session.begin()
    # In order and once: a telegram that was repeated is recognised by its bytes.
    assert acknowledged == [_nth(number) for number in range(len(acknowledged))]


@given(
    answers=st.lists(st.binary(max_size=300), max_size=40),
    chunk=st.integers(1, 50),
)
def test_any_bytes_end_a_round_in_bounded_steps(answers: list[bytes], chunk: int) -> None:
    session = PollSession(ADDRESS)
    session.begin()
    requests = 0
    replies = iter(answers)
    try:
        while session.request() is not None:
            requests += 1
            data = next(replies, b"")
            answer = None
            for start in range(0, len(data), chunk):
                answer = answer or session.feed(data[start : start + chunk])
            answer = answer or session.silence()
            if answer is not None:
                session.committed(more_follows=True)
    except NoAnswer:
        pass
    assert requests <= TRIES * (MOST_TELEGRAMS + 3)


@given(cuts=st.lists(st.integers(0, 60), max_size=8), noise=st.binary(max_size=4))
def test_how_an_answer_is_cut_does_not_matter(cuts: list[int], noise: bytes) -> None:
    telegram = _nth(7)
    data = noise + telegram
    whole, cut = _asked(), _asked()
    first = whole.feed(data) or whole.silence()
    places = sorted({min(place, len(data)) for place in cuts})
    second = None
    for start, end in zip([0, *places], [*places, len(data)], strict=True):
        second = second or cut.feed(data[start:end])
    assert (second or cut.silence()) == first


def _asked() -> PollSession:
    session = PollSession(ADDRESS)
    session.begin()
    session.request()
    session.feed(b"\xe5")
    session.request()
    return session


def _nth(number: int) -> bytes:
    source = Numbered()
    source.number = number
    return source.current(NOON)
