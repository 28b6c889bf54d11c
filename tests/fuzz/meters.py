"""Millions of spoiled frames through all that `dorfhub meter decode` does, and the receivers.

Checked are: no error but ours, an answer that is JSON and the one of the slow way, bounded
caches, bounded memory. Each frame is a function of the run's seed and its index: a run can be
cut into parts, and a part that was interrupted goes on from its state file::

    python -m tests.fuzz.meters --from 0 --count 5000000 --state a.json
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from edge.commands import meter_json
from edge.commands.meter_decode import answer_line, answer_text
from hardware.errors import DecodeError, FrameError
from hardware.explain import explain
from hardware.mbus import layout, plan
from hardware.mbus.frame import LONGEST_FRAME, Receiver
from hardware.profiles import interpret, shipped
from hardware.receiver import receiver_of
from hardware.receiver.lines import LONGEST_LINE
from hardware.wmbus import formats as compact
from hardware.wmbus import security
from hardware.wmbus import telegram as wireless
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import Checksums
from tests.fuzz import seeds

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data"
MOST_GROWTH_MIB = 96  # all caches full of the longest telegrams, and what the allocator keeps
WARM = 100_000  # frames until the caches are as full as they get
STEP = 20_000  # frames between two notes in the state file
_ERROR = '{"error": "'
_OURS = (FrameError, DecodeError)


class Fuzzer:
    """One run. ``seen`` counts what became of the frames."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        found = seeds.messages(RECORDED if RECORDED.is_dir() else None)
        self._messages = found
        self._raws = [one.telegrams[0] for one in found]
        self._contents = seeds.contents(tuple(found))
        self._streams = [
            (kind, stretch) for kind, all_of in seeds.streams().items() for stretch in all_of
        ]
        self._formats = FormatStore()
        self.seen: Counter[str] = Counter()

    def frame(self, index: int) -> None:
        """Make frame ``index`` and put it through.

        :raises Exception: anything that is wrong, as it comes.
        """
        rng = random.Random(self._seed << 40 | index)
        way = int(rng.random() * 16)
        if way == 0:
            self._receiver(rng)
        elif way == 1:
            self._bus(rng)
        elif way == 2:
            self._link(rng)
        elif way < 9:
            content = seeds.spoil(rng.choice(self._contents), rng, self._contents)
            raw = rng.choice(seeds.WRAPS)(content[: seeds.LONGEST])
            key = rng.choice((seeds.KEY, seeds.KEY, seeds.KEY, None, rng.randbytes(16)))
            self._line(((raw),), key, check=index % 64 == 0)
        else:
            message = rng.choice(self._messages)
            raws = list(message.telegrams)
            at = rng.randrange(len(raws))
            raws[at] = seeds.spoil(raws[at], rng, self._raws)
            if rng.randrange(3) == 0 and raws[at] and raws[at][0] != 0x68:  # a length that fits
                raws[at] = bytes((len(raws[at]) - 1 & 0xFF,)) + raws[at][1:]
            key = message.key if rng.randrange(8) else rng.choice((None, rng.randbytes(16)))
            self._line(tuple(raws), key, check=index % 64 == 0)

    def bounds(self) -> None:
        """Check that no cache is larger than it may be."""
        kinds = plan._kind.cache_info()
        assert kinds.currsize <= plan.MOST_KINDS, kinds
        assert len(self._formats) <= len(compact.KNOWN) + compact.MOST_FORMATS
        assert len(self._formats._seen) <= compact.MOST_SEEN
        for cache in (
            layout.column_of, layout.size_of, meter_json._gaps, meter_json._head,
            wireless._are_plausible, security._encryptors, security._decryptors,
            sys.modules[interpret.__module__]._quick,  # type: ignore[attr-defined]
        ):  # fmt: skip
            info = cache.cache_info()
            assert info.maxsize is not None, cache
            assert info.currsize <= info.maxsize, cache

    def _line(self, raws: tuple[bytes, ...], key: bytes | None, *, check: bool) -> None:
        digits = ",".join(raw.hex() for raw in raws)
        line = digits if key is None else f"{digits} {key.hex()}"
        text, is_whole = answer_text(line, self._formats)
        if is_whole:
            assert "readings" in json.loads(text)
            self.seen["read"] += 1
        else:
            assert text.startswith(_ERROR)
            self.seen[text[len(_ERROR) : text.index('"', len(_ERROR))]] += 1
        if check:
            with _without_plans():
                slow = json.dumps(answer_line(line, self._formats), ensure_ascii=False)
            again, _ = answer_text(line, self._formats)
            assert again == slow
            if all(raws):
                told = explain(raws, key, self._formats, shipped())
                assert (told.error is None) == is_whole
            assert json.dumps(json.loads(slow), ensure_ascii=False, allow_nan=False) == slow

    def _receiver(self, rng: random.Random) -> None:
        kind, stretch = rng.choice(self._streams)
        receiver = receiver_of(kind)
        stream = seeds.spoil(stretch, rng, self._raws) + stretch
        cut = rng.randrange(len(stream))
        heard = [*receiver.feed(stream[:cut]), *receiver.feed(stream[cut:]), *receiver.silence()]
        assert receiver.pending <= max(LONGEST_LINE, LONGEST_FRAME)
        self.seen["heard"] += len(heard)
        self.seen["damage"] += sum(receiver.damage.values())
        for one in heard:
            with contextlib.suppress(*_OURS):
                wireless.decode([one.telegram], seeds.KEY, self._formats)

    def _bus(self, rng: random.Random) -> None:
        receiver = Receiver()
        stream = seeds.spoil(rng.choice(self._raws), rng, self._raws)
        frames = receiver.feed(stream)
        while True:
            try:
                frame = next(frames, None)
            except FrameError:
                self.seen["damage"] += 1
                continue
            if frame is None:
                break
            self.seen["frame"] += 1
        assert receiver.pending <= LONGEST_FRAME

    def _link(self, rng: random.Random) -> None:
        raw = seeds.spoil(rng.choice(self._raws), rng, self._raws)
        checksums = rng.choice((Checksums.PRESENT, Checksums.REMOVED))
        with contextlib.suppress(*_OURS):
            wireless.decode([raw], seeds.KEY, self._formats, checksums)
            self.seen[checksums.value] += 1
        wireless.read_header(raw)


@contextlib.contextmanager
def _without_plans() -> Iterator[None]:
    found, plan.find = plan.find, lambda _data: None
    try:
        yield
    finally:
        plan.find = found


def rss_mib() -> float:
    """Return what this process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def run(first: int, count: int, *, seed: int = 1, state: Path | None = None) -> Counter[str]:
    """Put ``count`` frames through from index ``first``, or from where ``state`` says.

    :raises AssertionError: if something is wrong; its note names the frame's index.
    """
    fuzzer = Fuzzer(seed)
    done = 0
    task = {"seed": seed, "first": first, "count": count}
    if state is not None and state.exists():
        kept = json.loads(state.read_text())
        if kept["task"] != task:
            raise SystemExit(f"{state} is of another run: {kept['task']}")
        done = kept["done"]
        fuzzer.seen.update(kept["seen"])
    warm = rss_mib()
    warm_at = done + WARM
    while done < count:
        start = time.process_time()
        step = min(STEP, count - done)
        for index in range(first + done, first + done + step):
            try:
                fuzzer.frame(index)
            except BaseException as error:
                error.add_note(f"frame {index} of seed {seed}")
                raise
        fuzzer.bounds()
        done += step
        now = rss_mib()
        if done <= warm_at:
            warm = now
        assert now - warm <= MOST_GROWTH_MIB, f"{now:.0f} MiB, {warm:.0f} when warm"
        if state is not None:
            note = {"task": task, "done": done, "seen": fuzzer.seen, "rss_mib": round(now, 1),
                    "warm_mib": round(warm, 1)}  # fmt: skip
            fresh = state.with_suffix(".new")
            fresh.write_text(json.dumps(note))
            fresh.replace(state)
            speed = step / (time.process_time() - start)
            print(f"{done:>10,} of {count:,}; {speed:,.0f}/s; {now:.0f} MiB", flush=True)  # noqa: T201
    return fuzzer.seen


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--from", dest="first", type=int, default=0, help="index of the first frame"
    )
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, help="where to note how far the run came")
    found = parser.parse_args()
    seen = run(found.first, found.count, seed=found.seed, state=found.state)
    for what, times in seen.most_common():
        print(f"{times:>12,} {what}")  # noqa: T201
    print(f"{rss_mib():.0f} MiB")  # noqa: T201


if __name__ == "__main__":
    main()
