"""What counties ask for again on a stick, written as far as it is kept and there is room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync import again, stick, stick_in
from sync.again import Again, Answer
from sync.carrier.folder import ROOT
from sync.errors import CarrierError
from sync.node import Node
from sync.stick import Exported

# Left free on a stick: what else is laid there, and what a FAT loses to its clusters.
_SPARE = 512 << 10


@dataclass(frozen=True, slots=True)
class Given:
    """What was done with one request: its answer, and what was written for it."""

    answer: Answer
    written: tuple[Exported, ...] = ()


def wishes(node: Node, folder: Path) -> list[Again]:
    """Return the newest request of each confirmed county to this hub that lies in ``folder``.

    :raises CarrierError: if the medium cannot be read.
    """
    if not (folder / ROOT / stick.ACKS).is_dir():
        return []
    found: dict[bytes, Again] = {}
    for _, one in stick.replies(folder, node.peers.key_of):
        if not isinstance(one, Again) or one.hub != node.identity.name:
            continue
        peer = node.peers.get(one.county)
        older = found.get(one.county)
        if peer is not None and peer.confirmed and (older is None or older.at_ms < one.at_ms):
            found[one.county] = one
    return list(found.values())


def kept(node: Node, folder: Path, asked: Sequence[Again]) -> set[tuple[int, int]]:
    """Return which bundles on the medium a request still needs: they are not tidied away.

    :raises CarrierError: if the medium fails.
    """
    epoch = node.outbox.position().epoch
    return {
        run
        for one in asked
        if one.epoch == epoch
        for run in stick.inside(folder, node.outbox, one.after, one.until)
    }


def give(node: Node, folder: Path, asked: Sequence[Again], start: int) -> Iterator[Given]:
    """Write what is asked for and lay an answer beside it.

    What lies above ``start`` is there already: it was due, and comes first.

    :raises CarrierError: if the medium fails or gives other bytes back.
    """
    for one in asked:
        given = _give(node, folder, one, start)
        word = again.encode_answer(given.answer, node.identity)
        stick_in.lay_word(folder, node.identity.name, one.county, word, again.ANSWERED)
        yield given


def _give(node: Node, folder: Path, one: Again, start: int) -> Given:
    position = node.outbox.position()
    if one.epoch != position.epoch:
        return _answer(node, one, 0, ("epoch", _EPOCH))
    if one.after + 1 < position.first_seq:
        said = _EMPTY if position.first_seq > position.last_seq else _PRUNED
        return _answer(node, one, 0, ("pruned", said.format(first=position.first_seq)))
    if one.after >= position.last_seq:
        return _answer(node, one, 0, ("ahead", _AHEAD.format(last=position.last_seq)))
    until = min(one.until, position.last_seq)
    older = min(until, start)  # above it lies what was due
    written: list[Exported] = []
    try:
        written.extend(
            stick.export(node.outbox, folder, one.after, older, room=lambda: _room(folder))
        )
    except CarrierError as error:
        if error.code != "disk_full":
            raise
    reached = max([one.after, *(part.last for part in written)])
    if reached < older:
        first = one.after + 1
        said = _PART.format(first=first, last=reached) if written else _ROOM
        return _answer(node, one, reached if written else 0, ("room", said), written)
    if until < one.until:
        said = _AHEAD.format(last=position.last_seq)
        return _answer(node, one, until, ("ahead", said), written)
    return _answer(node, one, until, ("ok", _ALL.format(first=one.after + 1, last=until)), written)


def _answer(
    node: Node, one: Again, given: int, said: tuple[str, str], written: Sequence[Exported] = ()
) -> Given:
    """Return the answer with the code and the text of ``said``."""
    now_ms = node.clock.stamp().wall_ms
    answer = Answer(node.identity.name, one.county, one.at_ms, given, *said, now_ms)
    return Given(answer, tuple(written))


def _room(folder: Path) -> int:
    return shutil.disk_usage(folder).free - _SPARE


_ALL = "Die Pakete {first} bis {last} liegen noch einmal auf dem Stick."
_PART = (
    "Nur die Pakete {first} bis {last} hatten noch Platz. Für den Rest einen leereren Stick nehmen."
)
_ROOM = "Für die erbetenen Pakete ist kein Platz mehr auf dem Stick. Einen leereren Stick nehmen."
_PRUNED = (
    "Diese Pakete hat der Hub nicht mehr: Sie waren bestätigt, und die Aufbewahrungszeit ist "
    "vorbei. Er hat noch alles ab Paket {first}."
)
_EMPTY = (
    "Diese Pakete hat der Hub nicht mehr: Sie waren bestätigt, und die Aufbewahrungszeit ist "
    "vorbei. Im Moment liegt dort keines mehr."
)
_EPOCH = "Diese Reihe führt der Hub nicht mehr: Seither wurde eine neue begonnen."
_AHEAD = (
    "So viele Pakete hat der Hub noch nicht: Er ist erst bei {last}. Wurde er aus einer Sicherung "
    "zurückgespielt? Bitte im Dorf anrufen."
)
