"""Signed streams of many village hubs out of one seed, for the county's benchmarks.

``Village`` seals what `village_month.readings` says, with its own key, a segment a day or a
quarter of a day. Villages share one month of readings, each shifted by its own number, so that
making a hundred of them does not take longer than reading them; time goes on month after month.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sync import columns, identity
from sync.columns import Source
from sync.segment import NO_PREVIOUS, ClockState, Segment, StreamClass, seal

DAY_MS = 86_400_000
MONTH_DAYS = 30


@dataclass(slots=True)
class Village:
    """One hub that seals day after day."""

    number: int
    month: Sequence[Source]
    begin_ms: int
    identity: identity.Identity = field(default_factory=identity.Identity.generate)
    epoch: bytes = bytes(range(8))
    seq: int = 0
    last: bytes = NO_PREVIOUS

    @property
    def id(self) -> str:
        return identity.short_id(self.identity.name)

    def take(self, body: bytes, count: int, first_ms: int, last_ms: int) -> Segment:
        """Seal a body that is made already."""
        self.seq += 1
        made = seal(
            self.identity,
            epoch=self.epoch,
            seq=self.seq,
            previous=self.last,
            stream=StreamClass.VILLAGE,
            schema="meter/1",
            count=count,
            first_ms=first_ms,
            last_ms=last_ms,
            clock=ClockState(last_ms, 4, bytes(16), self.seq),
            salt=self.seq.to_bytes(16),
            body=body,
        )
        self.last = made.hash
        return made

    def day(self, day: int, *, pieces: int = 1) -> Iterator[Segment]:
        """Seal one day in ``pieces`` segments."""
        length = DAY_MS // pieces
        for piece in range(pieces):
            start = self.begin_ms + (day % MONTH_DAYS) * DAY_MS + piece * length
            later = day // MONTH_DAYS * MONTH_DAYS * DAY_MS
            sources = [
                found
                for one in self.month
                if (found := _moved(one, start, start + length, later, self.number)) is not None
            ]
            yield self._seal(sources)

    def _seal(self, sources: Sequence[Source]) -> Segment:
        times = [at for source in sources for at in source.times_ms]
        span = min(times, default=0), max(times, default=0)
        return self.take(columns.encode(sources), len(times), *span)


def _moved(one: Source, begin: int, end: int, later: int, number: int) -> Source | None:
    chosen = [n for n, at in enumerate(one.times_ms) if begin <= at < end]
    if not chosen:
        return None
    return Source(
        one.device,
        [one.times_ms[n] + later + number * 1000 for n in chosen],
        [one.qualities[n] for n in chosen],
        {
            name: [_shifted(column[n], name, number) for n in chosen]
            for name, column in one.columns.items()
        },
    )


def _shifted(value: float | None, name: str, number: int) -> float | None:
    step = 1 if "temperature" not in name else 0.1 * (number % 7)
    return None if value is None else round(value + number * step, 3)
