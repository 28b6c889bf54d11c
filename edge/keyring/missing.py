"""Which meters are heard and cannot be read for want of a key, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.keyring.keys import Keys
from edge.keyring.reasons import NO_KEY, WRONG_KEY, names_of
from edge.keyring.words import MeterName
from edge.store.journal_rows import Kept
from edge.store.village_rows import HeardMeter


@dataclass(frozen=True, slots=True)
class Missing:
    """A meter without a key that fits. Times are ms since 1970, UTC.

    ``by`` is the radio that sends for it, if that is another device; ``kept`` the number of its
    telegrams that wait for the key, 0 for a meter of which none are kept. ``is_wrong`` says that
    there is a key, which opens nothing.
    """

    meter: MeterName
    by: MeterName | None
    since: int
    last: int
    kept: int
    is_wrong: bool


def missing(
    kept: Iterable[Kept], heard: Iterable[HeardMeter], keys: Keys, *, strangers: bool = False
) -> list[Missing]:
    """Return the meters that need a key, the longest waiting first.

    ``strangers`` adds those that are heard only: encrypted, neither communal nor admitted. Which
    of them have a key is known from ``keys``.
    """
    heard = list(heard)
    first = {one.device: one.first_heard_at for one in heard}
    found: dict[str, Missing] = {}
    named: set[str] = set()
    for one in kept:
        names = names_of(one.message)
        if not names:
            continue
        named.add(one.device)
        before = found.get(names[-1])
        since = min(one.first_at, first.get(one.device, one.first_at))
        found[names[-1]] = Missing(
            _name(names[-1]),
            _name(names[0]) if len(names) > 1 else None,
            min(since, before.since) if before else since,
            max(one.last_at, before.last) if before else one.last_at,
            one.count + (before.kept if before else 0),
            is_wrong=one.message.startswith(WRONG_KEY) or (before is not None and before.is_wrong),
        )
    if strangers:
        for meter in heard:
            name = f"{meter.manufacturer}-{meter.identification}"
            if meter.encryption != "none" and meter.device not in named and not keys.of([name]):
                found.setdefault(
                    name,
                    Missing(
                        _name(name), None, meter.first_heard_at, meter.last_heard_at, 0,
                        is_wrong=False,
                    ),
                )  # fmt: skip
    return sorted(found.values(), key=lambda one: (one.kept == 0, one.since, str(one.meter)))


def waiting_for(kept: Iterable[Kept], names: Iterable[str]) -> int:
    """Return how many telegrams wait for keys of meters with these numbers."""
    numbers = {name.rpartition("-")[2] for name in names}
    return sum(
        one.count
        for one in kept
        if one.message.startswith((NO_KEY, WRONG_KEY))
        and any(name.rpartition("-")[2] in numbers for name in names_of(one.message))
    )


def _name(text: str) -> MeterName:
    manufacturer, _, identification = text.rpartition("-")
    return MeterName(manufacturer, identification)
