"""What stands on the officials' pages: every word is ready, the templates only place it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.process.heartbeat import Status as JobStatus
from sync.carrier.base import Reason
from sync.county import books, report
from sync.county.details import detail
from sync.county.hub import County
from sync.county.ledger import Contact, Finding, HubState
from sync.county.municipalities import TILES
from sync.county.reasons import OK, Fault, hint, sentence
from sync.county.report import SILENT_HINT, HubStatus, silent_hubs, silent_since

TILE = (182, 92)
_GAP = 10
# A line that fails and comes again is nothing to do; too long without anything is.
_LINE = frozenset(map(str, Reason)) | {Fault.UNACKNOWLEDGED}
_MOODS = ("good", "warn", "bad")
_SIGNS = {"good": "✓", "warn": "•", "bad": "!", "none": ""}
_MOOD_WORDS = {
    "good": "alles kommt an",
    "warn": "etwas fehlt, noch nichts zu tun",
    "bad": "jemand muss nachsehen",
    "none": "kein Hub",
}
_STATES = {
    HubState.PENDING: "wartet auf Bestätigung",
    HubState.CONFIRMED: "bestätigt",
    HubState.QUARANTINED: "gesperrt",
}
# What the general hint would have somebody type is done on these pages.
_HINTS: Mapping[str, str] = {
    Fault.NOT_CONFIRMED: "Die sechs Wörter mit dem Dorf vergleichen, dann hier bestätigen.",
    Fault.QUARANTINED: "Zweites Gerät aus, im Dorf „sync new-epoch“, dann hier Sperre aufheben.",
    Reason.NO_ADDRESS: "Unter „Anmeldung“ eine Adresse angeben, oder die Daten per Stick holen.",
    "never": "Nichts: Der nächste Abruf holt alles von selbst.",
}
_JOBS = {
    "pull": "Abruf von allen Hubs",
    "compact": "Datenspeicher ordnen",
    "vacuum": "Abgelöste Dateien löschen",
    "health": "Gesundheit prüfen",
    "heat": "Wärmevorhersage am Morgen",
}
_JOB_STATES = {"ok": "in Ordnung", "waiting": "noch nicht gelaufen", "failed": "gescheitert"}
_JOB_MOODS = {"ok": "good", "waiting": "warn"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: ``mood`` is `good`, `warn` or `bad`."""

    name: str
    state: str
    mood: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One municipality on the schematic map, in the picture's own units."""

    name: str
    x: int
    y: int
    mood: str
    sign: str
    line: str  # below the name
    spoken: str


@dataclass(frozen=True, slots=True)
class HubView:
    """One hub. ``code`` is `ok` or why something did not come."""

    id: str
    name: str
    municipality: str
    state: str
    pending: bool
    quarantined: bool
    mood: str
    sign: str
    mood_words: str
    code: str
    sentence: str
    detail: str
    hint: str
    last_success: str
    last_contact: str
    addresses: tuple[str, ...]
    streams: tuple[Row, ...]
    words: str
    fingerprint: tuple[str, ...]
    key_changes: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A hub that somebody must look after today, with what it is and what to do."""

    id: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page."""

    tiles: tuple[Tile, ...]
    width: int
    height: int
    tile: tuple[int, int]
    hubs: tuple[HubView, ...]
    unplaced: int
    sums: tuple[Row, ...]
    jobs: tuple[Row, ...]
    rows: str
    warnings: tuple[Warned, ...]


@dataclass(frozen=True, slots=True)
class ContactView:
    """One attempt to bring something from a hub."""

    when: str
    hub: str
    id: str
    way: str
    what: str
    mood: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """Something that was refused."""

    when: str
    hub: str
    what: str
    detail: str
    file: str


def overview(county: County, jobs: JobStatus | None, now_ms: int) -> Overview:
    """Return the first page as of ``now_ms``."""
    found = report.status(county)
    hubs = tuple(hub_view(county, hub, now_ms) for hub in found.hubs)
    tiles = tuple(_tiles(hubs))
    counted = Counter(hub.mood for hub in hubs)
    columns = max(column for column, _ in TILES.values()) + 1
    lines = max(row for _, row in TILES.values()) + 1
    order = {mood: place for place, mood in enumerate(reversed(_MOODS))}
    return Overview(
        tiles=tiles,
        width=columns * (TILE[0] + _GAP) + _GAP,
        height=lines * (TILE[1] + _GAP) + _GAP,
        tile=TILE,
        hubs=tuple(sorted(hubs, key=lambda hub: (order[hub.mood], hub.name))),
        unplaced=sum(not hub.municipality for hub in hubs),
        sums=tuple(
            Row(_MOOD_WORDS[mood].capitalize(), str(counted[mood]), mood)
            for mood in _MOODS
            if counted[mood]
        ),
        jobs=tuple(_jobs(jobs)),
        rows="nicht lesbar" if found.rows is None else number(found.rows),
        warnings=tuple(_warned(county, found.hubs, now_ms)),
    )


def hub_view(county: County, hub: HubStatus, now_ms: int) -> HubView:
    """Return one hub in words."""
    mood = _mood(hub, now_ms)
    state = HubState(hub.state)
    silent = silent_since(hub, now_ms)
    sentence, advice = hub.sentence, _HINTS.get(hub.code, hub.hint)
    if silent is not None:
        advice = f"{SILENT_HINT} {advice}".strip()
        sentence = f"Schweigt seit {when(silent, now_ms)}. {hub.sentence}"
    return HubView(
        id=hub.hub,
        name=_name(hub),
        municipality=county.config.places.get(hub.hub, ""),
        state=_STATES[state],
        pending=state is HubState.PENDING,
        quarantined=state is HubState.QUARANTINED,
        mood=mood,
        sign=_SIGNS[mood],
        mood_words=_MOOD_WORDS[mood],
        code=hub.code,
        sentence=sentence,
        detail=hub.detail,
        hint=advice,
        last_success=when(hub.last_success_at, now_ms),
        last_contact=when(hub.last_contact_at, now_ms),
        addresses=hub.addresses,
        streams=tuple(
            Row(
                f"Reihe {one.epoch}",
                f"bis Nummer {number(one.seq)}"
                + (f", {number(one.waiting)} warten noch" if one.waiting else ""),
                "warn" if one.waiting else "good",
            )
            for one in hub.positions
        )
        + tuple(
            Row(
                "Hat vom Landkreis " + ("(eigens für ihn)" if one.own else "(für alle Hubs)"),
                f"bis Nummer {number(one.seq)} von {number(one.last)}",
                "warn" if one.last > one.seq else "good",
            )
            for one in hub.given
            if one.last
        )
        + tuple(
            Row(f"Reihe {one.epoch}", f"gesperrt ab Nummer {one.up_to + 1}", "bad")
            for one in hub.revoked
            if one.epoch
        ),
        words=hub.words,
        fingerprint=groups(hub.fingerprint),
        key_changes=hub.key_changes,
    )


def contacts(county: County, ids: Iterable[str], now_ms: int, *, limit: int) -> list[ContactView]:
    """Return the newest attempts of these hubs, the newest first."""
    names = {hub.hub: hub.name or hub.hub[:8] for hub in county.ledger.hubs()}
    found: list[Contact] = []
    for hub in ids:
        found += county.ledger.contacts(hub, limit=limit)
    found.sort(key=lambda one: one.at, reverse=True)
    return [
        ContactView(
            when=when(one.at, now_ms),
            hub=names.get(one.hub, one.hub),
            id=one.hub,
            way=one.way,
            what=_contact(one),
            mood="good" if one.code == OK else "warn" if one.code in _LINE else "bad",
        )
        for one in found[:limit]
    ]


def findings(county: County, now_ms: int, *, limit: int) -> list[FindingView]:
    """Return what was refused, the newest first."""
    names = {hub.hub: hub.name for hub in county.ledger.hubs()}
    return [_finding(one, names, now_ms) for one in county.ledger.findings(limit=limit)]


def when(moment_ms: int | None, now_ms: int) -> str:
    """Say when it was, in local time."""
    if moment_ms is None:
        return "noch nie"
    local = datetime.fromtimestamp(moment_ms / 1000).astimezone()
    today = datetime.fromtimestamp(now_ms / 1000).astimezone()
    if local.date() == today.date():
        return f"heute, {local:%H:%M} Uhr"
    return f"{local:%d.%m.%Y, %H:%M} Uhr"


def groups(fingerprint: str) -> tuple[str, ...]:
    """Return the groups of four that people read out."""
    return tuple(fingerprint.replace("-", " ").split())


def number(value: int) -> str:
    """Say a number as people here write it."""
    return f"{value:,}".replace(",", ".")


def _warned(county: County, hubs: Sequence[HubStatus], now_ms: int) -> Iterable[Warned]:
    for hub, since in silent_hubs(hubs, now_ms):
        how = "" if hub.addresses else " Er ist nur durch Stick oder Bus zu erreichen."
        yield Warned(hub.hub, _name(hub), f"schweigt seit {when(since, now_ms)}.{how}")
    with county.streams() as streams:
        for hub in hubs:
            for one in books.unseen(streams, hub.hub)[-1:]:
                said = (
                    f"Das Buch, wer was gesehen hat, wurde kürzer oder ein anderes:"
                    f" {when(one.before.at, now_ms)} {number(one.before.number)} Einträge,"
                    f" {when(one.after.at, now_ms)} {number(one.after.number)}."
                    f" Im Dorf klären, dann „dorfhub county audit {hub.hub} --seen NAME“."
                )
                yield Warned(hub.hub, _name(hub), said)


def _name(hub: HubStatus) -> str:
    return hub.name or "Hub ohne Namen"


def _mood(hub: HubStatus, now_ms: int) -> str:
    if hub.code == OK:
        late = hub.last_success_at is None or now_ms - hub.last_success_at > hub.silent_after_ms
        return "warn" if late else "good"
    if hub.state == HubState.PENDING or hub.code == "never":
        return "warn"
    fresh = hub.last_success_at is not None and now_ms - hub.last_success_at <= hub.silent_after_ms
    return "warn" if hub.code in _LINE and fresh else "bad"


def _tiles(hubs: Sequence[HubView]) -> Iterable[Tile]:
    for name, (column, line) in TILES.items():
        here = [hub for hub in hubs if hub.municipality == name]
        mood = max((hub.mood for hub in here), key=_MOODS.index, default="none")
        count = "kein Hub" if not here else "1 Hub" if len(here) == 1 else f"{len(here)} Hubs"
        yield Tile(
            name=name,
            x=_GAP + column * (TILE[0] + _GAP),
            y=_GAP + line * (TILE[1] + _GAP),
            mood=mood,
            sign=_SIGNS[mood],
            line=count,
            spoken=f"{name}: {count}" + (f", {_MOOD_WORDS[mood]}" if here else ""),
        )


def _jobs(status: JobStatus | None) -> Iterable[Row]:
    for part in status.parts if status else ():
        said = _JOB_STATES.get(part.state, part.state)
        yield Row(
            _JOBS.get(part.name, part.name),
            f"{said}: {part.message}" if part.message else said,
            _JOB_MOODS.get(part.state, "bad"),
        )


def _contact(one: Contact) -> str:
    if one.code == OK:
        if not one.segments:
            return "Nichts Neues."
        return f"{number(one.segments)} Sendungen, {number(one.readings)} Messwerte."
    return _sentence(one.code)


def _finding(one: Finding, names: Mapping[str, str], now_ms: int) -> FindingView:
    return FindingView(
        when=when(one.at, now_ms),
        hub=names.get(one.hub or "", "") or "unbekannt",
        what=_sentence(one.code),
        detail=detail(one.message),
        file=f"quarantine/{one.file}" if one.file else "",
    )


def _sentence(code: str) -> str:
    try:
        said, to_do = sentence(code), hint(code)
    except KeyError:
        return code
    return f"{said} {to_do}".strip()
