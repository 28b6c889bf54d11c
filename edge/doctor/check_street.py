"""The doctor's look at what the receivers hear, from what the collector counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from edge.collect.counters import LOST, told
from edge.config import Config
from edge.config.communal import Communal
from edge.doctor.checks import DAY_MS, Finding, ago
from edge.store.village_reader import VillageReader

DAYS = 2  # today and yesterday: in the first minutes of a day there is nothing yet
LATE_POLLS = 4  # of a meter's own pace
LATE_S = 3600.0

_SILENT = (
    "Antenne und Standort prüfen, und ob kind und mode in hub.toml zum Empfänger passen:"
    " `dorfhub meter listen --help`."
)
_OVERLOADED = "Die Karte ist zu langsam oder voll, oder es fehlt keys/care.pub (`dorfhub init`)."


def receivers(config: Config) -> Iterator[Finding]:
    """Judge every receiver by what it heard, and every meter that is to be heard."""
    if not config.receivers or not config.hub.village_db.exists():
        return
    now_ms = time.time_ns() // 1_000_000
    with VillageReader(config.hub.village_db) as village:
        counts = village.receiver_counts(now_ms // DAY_MS - DAYS + 1)
        heard = village.heard_meters()
        admitted = village.admitted_meters()
    for receiver in config.receivers:
        own: Counter[str] = Counter()
        for one in counts:
            if one.receiver == receiver.receiver_id:
                own[one.kind] += one.count
        yield _receiver(receiver.receiver_id, own)
    communal = Communal(config.meters, (sign.device for sign in heard))
    last: dict[str, int] = {}
    others = []
    for sign in heard:
        known = communal.candidate(sign.device)
        if known is None:
            others.append(sign)
        else:
            last[known.wireless] = max(sign.last_heard_at, last.get(known.wireless, 0))
    for meter in config.meters:
        if rivals := communal.rivals(meter):
            yield _ambiguous(f"{meter.name} ({meter.wireless})", rivals)
        elif meter.wireless:
            late_s = max(LATE_POLLS * meter.poll_s, LATE_S)
            yield _meter(
                f"{meter.name} ({meter.wireless})", last.get(meter.wireless), now_ms, late_s
            )
    let_in = sum(sign.device in admitted for sign in others)
    message = (
        f"Andere Zähler, die der Hub hört: {len(others)}, davon {let_in} mit Einwilligung;"
        " von den übrigen wird nichts aufbewahrt."
    )
    yield Finding("street", "ok", message)


def _receiver(name: str, counts: Counter[str]) -> Finding:
    check = f"receiver.{name}"
    if not counts["heard"]:
        rest = told(counts)
        message = f"Der Empfänger {name} hörte seit gestern keinen Zähler."
        return Finding(check, "warn", f"{message} Nur: {rest}." if rest else message, _SILENT)
    message = f"Der Empfänger {name} seit gestern: {told(counts)}."
    if any(counts[kind] for kind in LOST):
        return Finding(check, "warn", message, _OVERLOADED)
    return Finding(check, "ok", message)


def _ambiguous(name: str, rivals: tuple[str, ...]) -> Finding:
    message = f"{name}: {len(rivals)} Geräte haben diese Nummer; keines wird aufbewahrt."
    lines = " oder ".join(f'wireless = "{one}"' for one in rivals)
    advice = (
        f"In hub.toml den ganzen Namen des richtigen eintragen: {lines}."
        " Die letzten zwei Stellen sagen, was es misst (04 und 0C Wärme, 06 und 07 Wasser)."
    )
    return Finding(f"heard.{name}", "warn", message, advice)


def _meter(name: str, heard_at: int | None, now_ms: int, late_s: float) -> Finding:
    check = f"heard.{name}"
    if heard_at is None:
        advice = "Die Nummer mit `dorfhub meter listen` vergleichen, und ob der Zähler funkt."
        return Finding(check, "warn", f"{name} wurde noch nie gehört.", advice)
    age_s = (now_ms - heard_at) / 1000
    message = f"{name} wurde vor {ago(age_s)} gehört."
    if age_s > late_s:
        advice = "Steht etwas vor dem Zähler oder dem Empfänger? Funkt der Zähler noch?"
        return Finding(check, "warn", message, advice)
    return Finding(check, "ok", message)
