"""A range of a hub's stream asked for again on a stick, and what the hub answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sync import again, rotation
from sync.again import Again
from sync.carrier.base import CarrierError
from sync.carrier.folder import FolderCarrier
from sync.county.hub import County
from sync.county.lake import LakeError, Stream
from sync.county.ledger import Hub, HubState
from sync.county.outcome import Outcome
from sync.county.reasons import Fault
from sync.errors import FormatError, SyncError
from sync.identity import short_id


def ask(
    county: County,
    folder: Path,
    hub: Hub,
    after: int,
    until: int,
    *,
    now_ms: int,
    epoch: str = "",
) -> None:
    """Lay a signed request for the segments ``after`` + 1 to ``until`` on a stick.

    ``epoch`` is the hub's newest stream, if not given.

    :raises SyncError: if the hub is not confirmed, or nothing of it ever came.
    :raises CarrierError: if the medium is full, read-only or fails.
    """
    if hub.state is not HubState.CONFIRMED:
        raise SyncError(
            "Diesen Hub hat noch niemand bestätigt.",
            hint="Mit „dorfhub county confirm WÖRTER“ bestätigen.",
        )
    positions = county.ledger.positions(hub.hub)
    if not epoch and not positions:
        raise SyncError(
            "Von diesem Hub ist noch nie etwas angekommen; es gibt nichts noch einmal zu erbitten.",
            hint="Den Stick zuerst ohne „--again“ ins Dorf geben.",
        )
    request = Again(
        hub=hub.public_key,
        county=county.identity.name,
        epoch=bytes.fromhex(epoch or positions[0].epoch),
        after=after,
        until=until,
        at_ms=now_ms,
    )
    data = again.encode(request, county.identity)
    county.folder(folder, hub.hub).ask(data, _label(county, hub.hub))


def settle(county: County, folder: Path, outcome: Outcome, now_ms: int) -> Outcome:
    """Hear what a hub answered to a request on the stick, and ask for what is missing there.

    Return the outcome with both said. A request stays until it was answered.
    """
    hub = county.ledger.hub(outcome.hub)
    if hub is None or hub.state is not HubState.CONFIRMED:
        return outcome
    said = []
    try:
        carrier = county.folder(folder, hub.hub)
        heard = _heard(county, hub, carrier)
        if heard is not None:
            said.append(heard[1])
        final = heard is not None and heard[0] in _FINAL
        gap = None if outcome.code != Fault.GAP or final else _gap(county, hub, carrier)
        if gap is not None:
            stream, after, until = gap
            ask(county, folder, hub, after, until, now_ms=now_ms, epoch=stream.epoch)
            said.append(_LAID.format(first=after + 1, last=until))
    except (CarrierError, LakeError) as error:
        said.append(f"{_NOT_LAID} {error}")
    return replace(outcome, again=" ".join(said))


def _heard(county: County, hub: Hub, carrier: FolderCarrier) -> tuple[str, str] | None:
    """Return code and words of the answer to the request that lies there, and take both away."""
    own, label = county.identity, _label(county, hub.hub)
    data, asked = carrier.answer(own.name), carrier.asked(label)
    if data is None or asked is None:
        return None
    try:
        key = rotation.key_now(hub.public_key, hub.chain)
        answer = again.decode_answer(data, hub=hub.public_key, key=key)
        request = again.decode(asked, lambda _: own.public_key)
    except FormatError:  # forged, or damaged on the stick: the request stands
        return None
    if (answer.county, answer.asked_at_ms) != (own.name, request.at_ms):
        return None  # an answer to an older request
    carrier.settle(own.name, label)
    words = f"{_ANSWERED.format(first=request.after + 1, last=request.until)} {answer.text}"
    return answer.code, words


def _gap(county: County, hub: Hub, carrier: FolderCarrier) -> tuple[Stream, int, int] | None:
    """Return what lies missing before the first bundle on the stick that waits."""
    runs = carrier.runs()
    streams = [Stream(hub.hub, epoch) for epoch in dict.fromkeys(run.epoch for run in runs)]
    for stream, held in county.lake.positions(streams).items():
        waiting = [one.first for one in runs if one.epoch == stream.epoch and one.first > held + 1]
        if waiting:
            return stream, held, min(waiting) - 1
    return None


def _label(county: County, hub: str) -> str:
    return f"{hub}-{short_id(county.identity.name)}"


_FINAL = frozenset({"pruned", "epoch"})  # asking once more would be answered in the same way
_ANSWERED = "Der Hub antwortet auf die Bitte um die Sendungen {first} bis {last}:"
_LAID = (
    "Auf dem Stick liegt jetzt die Bitte, die Sendungen {first} bis {last} noch einmal zu "
    "schreiben; er sollte noch einmal ins Dorf."
)
_NOT_LAID = "Um das Fehlende ließ sich auf dem Stick nicht bitten:"
