"""What the county says about its hubs: to programs in one shape, to people in sentences."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync import identity, words
from sync.carrier.base import Reason
from sync.county import heat_run, late
from sync.county.details import detail
from sync.county.hub import County
from sync.county.journeys import Given, Trip, given, trips
from sync.county.lake import LakeError
from sync.county.ledger import Finding, Hub, HubState, StreamPosition
from sync.county.outcome import Outcome
from sync.county.reasons import OK, Fault, hint, sentence
from sync.county.settings import Silence
from sync.county.streams import Streams
from sync.county.trust import Revocation


@dataclass(frozen=True, slots=True)
class HubStatus:
    """One hub. ``code`` is `ok` or why something did not come; times are ms since 1970, UTC.

    ``code`` is `never` while nobody has tried to reach a confirmed hub. After ``silent_after_ms``
    without anything it counts as silent.
    """

    hub: str
    name: str
    fingerprint: str
    state: str
    code: str
    sentence: str
    hint: str
    message: str
    last_contact_at: int | None
    last_success_at: int | None
    addresses: tuple[str, ...]
    positions: tuple[StreamPosition, ...]
    words: str = ""
    key_changes: int = 0
    revoked: tuple[Revocation, ...] = ()
    detail: str = ""  # `message`, as far as it can be said to people
    given: tuple[Given, ...] = ()
    trips: tuple[Trip, ...] = ()
    confirmed_at: int | None = None
    silent_after_ms: int = Silence().after_ms(by_hand=False)


@dataclass(frozen=True, slots=True)
class Status:
    """All of it. ``rows`` is None if the lake cannot be read.

    ``unread`` counts, by schema id, the segments that are kept for a later version to read.
    """

    name: str
    fingerprint: str
    rows: int | None
    ok: bool
    hubs: tuple[HubStatus, ...]
    findings: tuple[Finding, ...]
    unread: Mapping[str, int]
    heat: heat_run.Run | None = None  # how the newest forecast of the morning went


def status(county: County) -> Status:
    """Gather what the ledger and the lake say."""
    with county.streams() as streams:
        hubs = tuple(_hub_status(county, streams, hub) for hub in county.ledger.hubs())
    try:
        rows = county.lake.rows()
    except LakeError:
        rows = None
    return Status(
        name=county.config.name,
        fingerprint=identity.fingerprint(county.identity.name),
        rows=rows,
        ok=rows is not None and all(hub.code == OK for hub in hubs),
        hubs=hubs,
        findings=tuple(county.ledger.findings()),
        unread=late.waiting(county.config),
        heat=heat_run.read(county.config.heat_run),
    )


def sentences(answer: Status, *, now_ms: int) -> Iterator[str]:
    """Say it to people, in German and local time."""
    yield f"{answer.name} · Fingerabdruck {answer.fingerprint}"
    if answer.rows is None:
        yield f"Der Datenspeicher lässt sich nicht lesen. [{Fault.LAKE}]"
    else:
        yield f"Im Datenspeicher: {answer.rows} Messwerte"
    if not answer.hubs:
        yield "Es ist noch kein Hub angemeldet: „dorfhub county enrol URL“."
    silent = silent_hubs(answer.hubs, now_ms)
    if silent:
        named = ", ".join(f"{_label(hub)} seit {_when(since, now_ms)}" for hub, since in silent)
        yield f"SCHWEIGEN: {named}. {SILENT_HINT}"
    for hub in answer.hubs:
        yield ""
        yield from _hub_sentences(hub, now_ms)
    for line in heat_run.sentences(answer.heat):
        yield ""
        yield f"Wärmevorhersage: {line}"
    if answer.unread:
        kinds = ", ".join(f"{count} {schema}" for schema, count in answer.unread.items())
        yield ""
        yield f"Aufbewahrt für eine spätere Programmversion (Dorfhub aktualisieren): {kinds}"
    if answer.findings:
        yield ""
        yield "Abgewiesen:"
        for finding in answer.findings[:5]:
            kept = f", aufgehoben als quarantine/{finding.file}" if finding.file else ""
            said = detail(finding.message)
            more = f" ({said})" if said else ""
            yield f"  {_when(finding.at, now_ms)}: {_known(finding.code)}{more}{kept}"


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """Say how one hub did in a round."""
    name = f"{outcome.name} ({outcome.hub})" if outcome.name else outcome.hub
    yield (
        f"{name} über {outcome.way}: {outcome.segments} Sendungen, {outcome.readings} Messwerte"
        + (f", {outcome.sealed} versiegelt" if outcome.sealed else "")
        + (f", {outcome.unread} für eine spätere Version" if outcome.unread else "")
        + (f", {outcome.delivered} zugestellt" if outcome.delivered else "")
    )
    if outcome.code != OK:
        yield f"  {sentence(outcome.code)} [{outcome.code}]"
        yield from _details(detail(outcome.message), hint(outcome.code))
    if outcome.again:
        yield f"  {outcome.again}"


def round_of(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return a round for programs: totals, and each hub with its reason."""
    hubs = []
    for outcome in outcomes:
        fields = dataclasses.asdict(outcome)
        fields["rows"] = fields.pop("readings")
        hubs.append(fields | {"sentence": sentence(outcome.code), "hint": hint(outcome.code)})
    return {
        "ok": all(outcome.code == OK for outcome in outcomes),
        "rows": sum(outcome.readings for outcome in outcomes),
        "segments": sum(outcome.segments for outcome in outcomes),
        "sealed": sum(outcome.sealed for outcome in outcomes),
        "unread": sum(outcome.unread for outcome in outcomes),
        "hubs": hubs,
    }


SILENT_HINT = (
    "Im Dorf anrufen: Hat der Hub Strom? Solange er schweigt, kommt von dort auch kein Alarm an."
)


def silent_since(hub: HubStatus, now_ms: int) -> int | None:
    """Return since when nothing came of a confirmed hub, if that is too long; else None.

    By the county's own clock: a hub without current says nothing of it. Of one that never brought
    anything since it was confirmed.
    """
    last = hub.confirmed_at if hub.last_success_at is None else hub.last_success_at
    if hub.state != HubState.CONFIRMED or last is None or now_ms - last < hub.silent_after_ms:
        return None
    return last


def silent_hubs(hubs: Sequence[HubStatus], now_ms: int) -> list[tuple[HubStatus, int]]:
    """Return the hubs that are silent, each with since when; who is silent longest comes first."""
    found = [(hub, since) for hub in hubs if (since := silent_since(hub, now_ms)) is not None]
    return sorted(found, key=lambda one: (one[1], one[0].hub))


def plain(answer: Status, now_ms: int) -> dict[str, object]:
    """Return it for JSON; ``silent_since`` of each hub is ms since 1970, or null."""
    silent = {hub.hub: since for hub, since in silent_hubs(answer.hubs, now_ms)}
    told = dataclasses.asdict(answer)
    told["hubs"] = [one | {"silent_since": silent.get(one["hub"])} for one in told["hubs"]]
    return told


def _label(hub: HubStatus) -> str:
    return hub.name or hub.hub


_TRIPS = 3  # of each hub; its page shows more
_STATES = {
    HubState.PENDING: "noch nicht bestätigt",
    HubState.CONFIRMED: "bestätigt",
    HubState.QUARANTINED: "gesperrt",
}
_NEVER = (
    "never",
    "Es wurde noch nicht versucht, etwas zu holen.",
    "„dorfhub county pull“ aufrufen.",
)


def _silence(hub: HubStatus, now_ms: int) -> Iterator[str]:
    silent = silent_since(hub, now_ms)
    if silent is not None:
        yield f"  SCHWEIGT seit {_when(silent, now_ms)}. {SILENT_HINT}"


def _hub_sentences(hub: HubStatus, now_ms: int) -> Iterator[str]:
    yield f"{hub.name or 'Hub ohne Namen'} ({hub.hub}), {_STATES[HubState(hub.state)]}"
    last = "noch nie" if hub.last_success_at is None else _when(hub.last_success_at, now_ms)
    yield f"  Zuletzt angekommen: {last}"
    yield from _silence(hub, now_ms)
    if hub.code == OK:
        yield f"  {hub.sentence}"
    else:
        seen = f" – {_when(hub.last_contact_at, now_ms)}" if hub.last_contact_at else ""
        yield f"  Warum nichts kam: {hub.sentence} [{hub.code}]{seen}"
        yield from _details(hub.detail, hub.hint)
    for position in hub.positions:
        rest = f", {position.waiting} warten noch" if position.waiting else ""
        yield f"  Sendungen bis Nummer {position.seq} (Reihe {position.epoch}){rest}"
    for one in hub.given:
        if one.last:
            to = "eigens für ihn" if one.own else "für alle Hubs"
            open_ = f", {one.last - one.seq} noch nicht" if one.last > one.seq else ""
            yield f"  Hat vom Landkreis ({to}): bis Nummer {one.seq} von {one.last}{open_}"
    for trip in hub.trips:
        yield f"  {trip.who}, {_when(trip.at, now_ms)}: {trip.what}"
    for limit in hub.revoked:
        if limit.epoch:
            beyond = max(0, limit.beyond - limit.up_to)
            yield (
                f"  Gesperrt ab Nummer {limit.up_to + 1} (Reihe {limit.epoch}): "
                f"{beyond} Sendungen in Quarantäne oder nicht geholt"
            )
    if hub.key_changes:
        yield f"  Schlüssel gewechselt: {hub.key_changes}-mal"
    if hub.state != HubState.CONFIRMED:
        yield f"  Sechs Wörter: {hub.words}"
        yield f"  Fingerabdruck: {hub.fingerprint}"


def _details(message: str, what_to_do: str) -> Iterator[str]:
    if message:
        yield f"    Genauer: {message}"
    if what_to_do:
        yield f"    Was tun: {what_to_do}"


def _known(code: str) -> str:
    try:
        return f"{sentence(code)} [{code}]"
    except KeyError:  # of a later version's ledger
        return f"[{code}]"


def _hub_status(county: County, streams: Streams, hub: Hub) -> HubStatus:
    code, message = hub.last_code or "never", hub.last_error or ""
    addresses = tuple(county.addresses(hub.hub))
    revoked = tuple(county.ledger.trust.revocations(hub.hub))
    if hub.state is HubState.PENDING:
        code, message = Fault.NOT_CONFIRMED, ""
    elif hub.state is HubState.QUARANTINED:
        code, message = Fault.QUARANTINED, _why(hub.reason)
    elif revoked:
        beyond = sum(max(0, one.beyond - one.up_to) for one in revoked)
        code, message = Fault.REVOKED, f"{beyond} Sendungen mit höherer Nummer abgewiesen"
    elif code in (Fault.NOT_CONFIRMED, Fault.QUARANTINED):  # confirmed since the last attempt
        code, message = "never", ""
    if code == "never" and not addresses:
        code = Reason.NO_ADDRESS
    said = _NEVER if code == "never" else (code, sentence(code), hint(code))
    return HubStatus(
        hub=hub.hub,
        name=hub.name,
        fingerprint=hub.fingerprint,
        state=hub.state,
        code=str(said[0]),
        sentence=said[1],
        hint=said[2],
        message="" if code == OK else message,
        last_contact_at=hub.last_contact_at,
        last_success_at=hub.last_success_at,
        addresses=addresses,
        positions=tuple(county.ledger.positions(hub.hub)),
        words=words.spoken(hub.public_key),
        key_changes=len(hub.chain),
        revoked=revoked,
        detail="" if code == OK else detail(message),
        given=given(streams, hub),
        trips=trips(county, streams, hub, limit=_TRIPS),
        confirmed_at=hub.confirmed_at,
        silent_after_ms=county.config.silence.after_ms(by_hand=not addresses),
    )


def _why(reason: str | None) -> str:
    if reason is None:
        return ""
    return f"{sentence(reason)} [{reason}]" if reason in set(Fault) else reason


def _when(moment_ms: int, now_ms: int) -> str:
    local = datetime.fromtimestamp(moment_ms / 1000).astimezone()
    return f"{local:%d.%m.%Y %H:%M} ({_ago(max(0, now_ms - moment_ms) // 1000)})"


def _ago(seconds: int) -> str:
    if seconds < 90:
        return "gerade eben"
    if seconds < 90 * 60:
        return f"vor {round(seconds / 60)} Minuten"
    if seconds < 36 * 3600:
        return f"vor {round(seconds / 3600)} Stunden"
    return f"vor {round(seconds / 86400)} Tagen"
