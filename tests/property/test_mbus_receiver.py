"""The receiver against a reference that sees the whole stream, and against planted mistakes."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from hardware.errors import FrameError
from hardware.mbus import frame as real

MOST_EVENTS = 2000  # more than any stream here has bytes
Event = tuple[Any, ...]  # the fields of a frame, or the offset of an error


def short(body: bytes) -> bytes:
    return bytes([0x10, *body, sum(body) & 0xFF, 0x16])


def long(body: bytes) -> bytes:
    return bytes([0x68, len(body), len(body), 0x68, *body, sum(body) & 0xFF, 0x16])


def reference(stream: bytes) -> list[Event]:
    """Read a stream that is all there, by the standard's own words and nothing clever."""
    events: list[Event] = []
    at, lost = 0, False
    while at < len(stream):
        rest = stream[at:]
        if rest[0] == 0xE5:
            events.append((None, None, None, b""))
            at, lost = at + 1, False
            continue
        if len(rest) >= 5 and rest[:5] == short(rest[1:3]):
            events.append((rest[1], rest[2], None, b""))
            at, lost = at + 5, False
            continue
        if rest[0] == 0x68 and len(rest) >= 9 and rest[1] >= 3:
            body = rest[4 : 4 + rest[1]]
            if len(body) == rest[1] and rest.startswith(long(body)):
                events.append((body[0], body[1], body[2], body[3:]))
                at, lost = at + 6 + rest[1], False
                continue
        if not lost or rest[0] in (0x10, 0x68):
            events.append((at,))
        at, lost = at + 1, True
    return events


def drain(frames: Any) -> list[Event]:
    events: list[Event] = []
    while True:
        assert len(events) < MOST_EVENTS, "the receiver goes round in circles"
        try:
            got = next(frames)
        except StopIteration:
            return events
        except FrameError as error:
            events.append((error.offset,))
        else:
            events.append((got.control, got.address, got.control_information, got.payload))


def receive(module: ModuleType, stream: bytes, cuts: list[int]) -> list[Event]:
    receiver = module.Receiver()
    events: list[Event] = []
    rest = stream
    for cut in cuts:
        events += drain(receiver.feed(rest[:cut]))
        assert receiver.pending < real.LONGEST_FRAME
        rest = rest[cut:]
    events += drain(receiver.feed(rest))
    assert receiver.pending < real.LONGEST_FRAME
    events += drain(receiver.idle())
    assert receiver.pending == 0
    return events


whole_frames = (
    st.just(b"\xe5")
    | st.binary(min_size=2, max_size=2).map(short)
    | st.binary(min_size=3, max_size=20).map(long)
)


@st.composite
def near_misses(draw: st.DrawFn) -> bytes:
    """A valid frame with one byte changed, lost or doubled, or cut short."""
    raw = bytearray(draw(whole_frames))
    # headers are short and decide most: half of the changes go there
    at = draw(st.integers(0, len(raw) - 1) | st.integers(0, min(3, len(raw) - 1)))
    change = draw(st.integers(0, 4))
    if change == 0:
        raw[at] = draw(st.integers(0, 255))
    elif change == 1:
        del raw[at:]
    elif change == 2:
        del raw[at]
    elif change == 3:
        raw.insert(at, raw[at])
    else:
        raw[at] = draw(st.sampled_from((0x10, 0x68, 0xE5, 0x16)))
    return bytes(raw)


# short lengths and start bytes inside frames make the nasty cases likely
bodies = st.lists(st.sampled_from((0, 3, 4, 0x10, 0x16, 0x68, 0xE5)), min_size=0, max_size=6)
streams = st.lists(
    whole_frames | near_misses() | st.binary(max_size=4) | bodies.map(lambda b: long(bytes(b))),
    max_size=6,
).map(b"".join)
cut_lists = st.lists(st.integers(0, 9), max_size=12)


def agrees_with_the_reference(module: ModuleType, stream: bytes, cuts: list[int]) -> None:
    assert receive(module, stream, cuts) == reference(stream)


@given(streams, cut_lists)
@example(long(b"abcd"), [3])
@example(b"\x68" + short(b"ab") + b"\x00\x00\xe5", [1, 1, 1, 1, 1])
def test_result_is_the_references_whatever_the_cuts(stream: bytes, cuts: list[int]) -> None:
    agrees_with_the_reference(real, stream, cuts)


@given(st.binary(min_size=3, max_size=255))
def test_long_frame_round_trip(body: bytes) -> None:
    frame = real.Frame(body[0], body[1], body[2], body[3:])
    assert frame.raw == long(body)
    assert list(real.Receiver().feed(frame.raw)) == [frame]
    assert real.parse_long(frame.raw) == frame


@given(st.binary(max_size=600))
def test_any_bytes_give_frames_or_frame_errors(stream: bytes) -> None:
    events = drain(real.Receiver().feed(stream))
    offsets = [event[0] for event in events if len(event) == 1]
    assert offsets == sorted(set(offsets))
    assert all(0 <= offset < len(stream) for offset in offsets)
    with contextlib.suppress(FrameError):
        assert real.parse_long(stream).raw == stream


@given(st.binary(min_size=1, max_size=300), whole_frames)
def test_a_frame_after_silence_is_always_found(noise: bytes, raw: bytes) -> None:
    receiver = real.Receiver()
    drain(receiver.feed(noise))
    drain(receiver.idle())
    assert len(drain(receiver.feed(raw))) == 1
    assert receiver.pending == 0


MUTANTS = {
    "trusts one length": ("buffer[1] != buffer[2]", "buffer[2] != buffer[2]"),
    "no second start byte": ("buffer[3] != LONG_START", "buffer[0] != LONG_START"),
    "no checksum": ("sum(body) & 0xFF != raw[-2]", "raw[-2] != raw[-2]"),
    "checksum of nine bits": ("sum(body) & 0xFF != raw[-2]", "sum(body) & 0x1FF != raw[-2]"),
    "no stop byte": ("raw[-1] != STOP", "raw[-1] not in range(256)"),
    "shorter frames": ("buffer[1] < _LEAST_COUNTED", "buffer[1] < _LEAST_COUNTED - 1"),
    "only longer frames": ("buffer[1] < _LEAST_COUNTED", "buffer[1] <= _LEAST_COUNTED"),
    "frame ends early": ("_LONG_OVERHEAD = 6", "_LONG_OVERHEAD = 5"),
    "waits for one byte more": ("len(self._buffer) < length:", "len(self._buffer) <= length:"),
    "drops a byte too many": ("self._drop(1)", "self._drop(2)"),
    "never drops what is wrong": ("self._drop(1)", "self._drop(0)"),
    "frame stays in part": ("self._drop(length)", "self._drop(length - 1)"),
    "no resynchronisation": ("del self._buffer[:count]", "self._buffer.clear()"),
    "offset counts drops": ("self._offset += count", "self._offset += 1"),
    "reports every byte": ("        self._lost = True", "        self._lost = False"),
    "stays silent for ever": (
        "self._drop(length)\n        self._lost = False",
        "self._drop(length)",
    ),
    "skips acknowledgements": (
        "frozenset((ACK, SHORT_START, LONG_START))",
        "frozenset((SHORT_START, LONG_START))",
    ),
    "forgets what pends": ("self._buffer += data", "self._buffer = bytearray(data)"),
    "silence changes nothing": ("if silent:", "if not self._buffer:"),
    "body without control field": ("raw[4:-2]", "raw[5:-2]"),
    "payload too short": ("body[2], body[3:])", "body[2], body[4:])"),
    "short frame without end": ("_SHORT_LENGTH = 5", "_SHORT_LENGTH = 4"),
}


def plant(old: str, new: str) -> ModuleType:
    """Return the receiver's module with one place of its source changed."""
    assert real.__file__ is not None
    with open(real.__file__, encoding="utf-8") as file:  # noqa: PTH123 - the module names a str
        source = file.read()
    assert source.count(old) == 1, f"{old!r} must stand in the source exactly once"
    spec = importlib.util.spec_from_loader("mutated_frame", loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutated_frame"] = module  # dataclasses look their module up
    try:
        exec(compile(source.replace(old, new), "mutated_frame", "exec"), module.__dict__)  # noqa: S102 - planting the mistake is the test
    finally:
        del sys.modules["mutated_frame"]
    return module


def survives(module: ModuleType) -> bool:
    @settings(
        max_examples=400,
        phases=(Phase.generate,),  # one counterexample is enough, its beauty is not
        derandomize=True,
        database=None,
        deadline=None,
    )
    @given(streams, cut_lists)
    def run(stream: bytes, cuts: list[int]) -> None:
        agrees_with_the_reference(module, stream, cuts)

    try:
        run()
    except (AssertionError, IndexError, ExceptionGroup):
        return False
    return True


def test_the_unchanged_receiver_survives() -> None:
    assert survives(plant("_SHORT_LENGTH = 5", "_SHORT_LENGTH = 5"))


@pytest.mark.parametrize("mutant", MUTANTS)
def test_planted_mistake_is_caught(mutant: str) -> None:
    assert not survives(plant(*MUTANTS[mutant]))
