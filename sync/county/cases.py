"""Consultations at the county: sealed parts to a folder that practices read, answers to the hubs.

The county opens none and does not know which part is for whom: a practice tries its key on all.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from edge.care import case_letter
from edge.clock import Stamp
from hardware.durable import flush
from sync import cases, county_words
from sync.county import disk
from sync.county.config import CountyConfig
from sync.county.hub import County
from sync.county.intake import SUFFIX, segment_of
from sync.county.ledger import Hub
from sync.errors import SyncError
from sync.events import Event

FILE_SUFFIX = ".dhfall"
NOBODY_IN_PARTICULAR = "age1"  # a packet that does not say whom it is for


def export(config: CountyConfig, folder: Path) -> tuple[int, int]:
    """Write the parts that are here as files, each once; return how many are new, and how many.

    What a hub had erased meanwhile is taken out of the folder.

    :raises OSError: if a file can be neither read nor written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    here = set()
    new = 0
    for file in sorted(config.sealed.glob(f"*/*/*{SUFFIX}")):
        sealed = _part(file)
        if sealed is None:
            continue
        name = f"{hashlib.sha256(sealed).hexdigest()[:32]}{FILE_SUFFIX}"
        here.add(name)
        if not (folder / name).exists():
            disk.write(folder / name, case_letter.pack(NOBODY_IN_PARTICULAR, [sealed]))
            new += 1
    for old in folder.glob(f"*{FILE_SUFFIX}"):
        if len(old.stem) == 32 and old.name not in here:
            old.unlink()
    flush(folder)
    return new, len(here)


def answer(county: County, data: bytes, stamp: Stamp) -> Hub:
    """Put a practice's answer into the stream of the hub whose key it is sealed to.

    :raises Damaged: if the bytes are no packet.
    :raises SyncError: if no hub has that key, or it is more than an answer.
    """
    recipient, parts = case_letter.unpack(data)
    if any(len(one) > county_words.MAX_CASE_ANSWER for one in parts):
        raise SyncError("more than an answer", hint="Das ist keine Antwort einer Praxis.")
    with county.streams() as streams:
        for hub in county.ledger.hubs():
            if streams.care_key(hub.public_key) == recipient:
                at, quality = stamp.wall_ms, int(stamp.quality)
                kind = county_words.CASE_ANSWER
                told = [Event(at, quality, kind, {"sealed": one}) for one in parts]
                streams.tell(hub.public_key, told, stamp)
                return hub
    raise SyncError(
        "no hub has this key",
        hint="Kein Hub hat diesen Schlüssel genannt. Nach dem nächsten Abruf noch einmal, oder die "
        "Antwort auf einem Stick ins Dorf geben.",
    )


def _part(file: Path) -> bytes | None:
    one = segment_of(file)
    return None if one is None else cases.part_in(one)
