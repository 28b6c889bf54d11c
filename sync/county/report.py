"""What the county says about its hubs: to programs in one shape, to people in sentences."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync import identity, words
from sync.carrier.base import Reason
from sync.county import late
from sync.county.hub import County
from sync.county.lake import LakeError
from sync.county.ledger import Finding, Hub, HubState, StreamPosition
from sync.county.pull import Outcome
from sync.county.reasons import OK, Fault, hint, sentence
from sync.county.trust import Revocation


@dataclass(frozen=True, slots=True)
class HubStatus:
    """One hub. ``code`` is `ok` or why something did not come; times are ms since 1970, UTC.

    ``code`` is `never` while nobody has tried to reach a confirmed hub.
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


def status(county: County) -> Status:
    """Gather what the ledger and the lake say."""
    hubs = tuple(_hub_status(county, hub) for hub in county.ledger.hubs())
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
    for hub in answer.hubs:
        yield ""
        yield from _hub_sentences(hub, now_ms)
    if answer.unread:
        kinds = ", ".join(f"{count} {schema}" for schema, count in answer.unread.items())
        yield ""
        yield f"Aufbewahrt für eine spätere Programmversion (Dorfhub aktualisieren): {kinds}"
    if answer.findings:
        yield ""
        yield "Abgewiesen:"
        for finding in answer.findings[:5]:
            kept = f", aufgehoben als quarantine/{finding.file}" if finding.file else ""
            yield f"  {_when(finding.at, now_ms)}: {finding.message} [{finding.code}]{kept}"


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """Say how one hub did in a round."""
    name = f"{outcome.name} ({outcome.hub})" if outcome.name else outcome.hub
    yield (
        f"{name} über {outcome.way}: {outcome.segments} Sendungen, {outcome.readings} Messwerte"
        + (f", {outcome.sealed} versiegelt" if outcome.sealed else "")
        + (f", {outcome.unread} für eine spätere Version" if outcome.unread else "")
    )
    if outcome.code != OK:
        yield f"  {sentence(outcome.code)} [{outcome.code}]"
        yield from _details(outcome.message, hint(outcome.code))


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


def _hub_sentences(hub: HubStatus, now_ms: int) -> Iterator[str]:
    yield f"{hub.name or 'Hub ohne Namen'} ({hub.hub}), {_STATES[HubState(hub.state)]}"
    last = "noch nie" if hub.last_success_at is None else _when(hub.last_success_at, now_ms)
    yield f"  Zuletzt angekommen: {last}"
    if hub.code == OK:
        yield f"  {hub.sentence}"
    else:
        seen = f" – {_when(hub.last_contact_at, now_ms)}" if hub.last_contact_at else ""
        yield f"  Warum nichts kam: {hub.sentence} [{hub.code}]{seen}"
        yield from _details(hub.message, hub.hint)
    for position in hub.positions:
        rest = f", {position.waiting} warten noch" if position.waiting else ""
        yield f"  Sendungen bis Nummer {position.seq} (Reihe {position.epoch}){rest}"
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


def _hub_status(county: County, hub: Hub) -> HubStatus:
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
