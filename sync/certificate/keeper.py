"""The hub's side of its certificate: asks, waits, checks what comes, and lays it before nginx.

Steps may be repeated after a stop at any moment. The key never leaves the hub; it and the chain
are one file, so that nginx reads both of one time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge import certificate
from edge.certificate import ChainError, Standing
from edge.clock import Stamp
from edge.config import Web
from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.store.connection import Connection
from hardware.reading import TimeQuality
from sync.certificate import store, words
from sync.certificate.store import Asked
from sync.certificate.words import Request
from sync.identity import write_private
from sync.outbox import Outbox

_DAY_MS = 86_400_000
_REFUSED_MS = 7 * _DAY_MS  # then it is asked again: whoever refused may have mended what was wrong
_LOOK_NS = 20_000_000_000


@dataclass(frozen=True, slots=True)
class State:
    """How it stands, for people. ``code`` is `ok`, `waiting`, `clock`, `refused` or `expired`."""

    code: str
    message: str
    hint: str = ""
    until_ms: int | None = None


class Keeper:
    """One hub's. ``random`` gives bytes. One thread uses it.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(
        self,
        web: Web,
        outbox: Outbox,
        connection: Connection,
        log: Log,
        *,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._web, self._outbox, self._db = web, outbox, connection
        self._log, self._random = log, random
        self._looked_ns: int | None = None
        self._state = State("ok", "")

    def look(self, stamp: Stamp) -> list[Part]:
        """Do what is due, now and then, and return the part of the process's sign of life."""
        if not self._web.name:
            return []
        now = stamp.monotonic_ns
        if self._looked_ns is None or now - self._looked_ns >= _LOOK_NS:
            self._looked_ns = now
            try:
                self._state = self.step(stamp)
            except (OSError, ChainError) as error:
                self._log.warning("certificate", error=error)
                said = f"Das Zertifikat lässt sich nicht ablegen: {error}"
                return [Part("certificate", "degraded", said)]
        code = {"ok": "ok", "waiting": "waiting", "clock": "waiting"}.get(
            self._state.code, "degraded"
        )
        return [Part("certificate", code, self._state.message)]

    def step(self, stamp: Stamp, *, again: bool = False) -> State:
        """Take an answer that came, ask if it is time, and say how it stands.

        ``again`` asks whatever was asked before.

        :raises OSError: if the folder cannot be read or written.
        """
        known = store.last(self._db)
        if known is not None and known.state == "answered":
            self._take(known, stamp)
            known = store.last(self._db)
        if again or self._is_due(known, stamp):
            self._ask(stamp)
            known = store.last(self._db)
        return state_of(self._web, known, stamp)

    def _is_due(self, known: Asked | None, stamp: Stamp) -> bool:
        name, now_ms = self._web.name, _now(stamp)
        held = certificate.standing(self._web.certificate)
        open_ = known is not None and known.name == name and known.state in ("asked", "answered")
        if open_ and known is not None and self._has_key(known):
            return False
        refused = known is not None and known.name == name and known.state == "refused"
        if refused and known is not None:
            since = known.answered_at or known.asked_at
            return now_ms is not None and now_ms - since >= _REFUSED_MS
        if held is None or not held.covers(name):
            return True
        return now_ms is not None and now_ms >= held.renew_ms

    def _has_key(self, known: Asked) -> bool:
        try:
            return certificate.key_of(self._next.read_bytes()) == known.key
        except (FileNotFoundError, ChainError):
            return False

    def _ask(self, stamp: Stamp) -> None:
        key, csr = certificate.request(self._web.name)
        self._web.tls.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._next, key)  # before it is asked for: a stop in between asks anew
        one = Request(self._random(words.REQUEST_SIZE), self._web.name, csr)
        noted = Asked(
            one.id, one.name, certificate.key_of(key), stamp.wall_ms, "asked", None, "", None
        )
        told = words.event_of(one, stamp.wall_ms, int(stamp.quality))
        self._outbox.say(words.SCHEMA, [told], stamp, lambda driver, _seq: store.ask(driver, noted))
        self._log.info("certificate-asked", name=one.name)

    def _take(self, known: Asked, stamp: Stamp) -> None:
        """Use what the county sent, if it is ours, whole, and of now."""
        now_ms = _now(stamp)
        if now_ms is None:
            return  # it lies there until somebody sets the clock
        pem = known.chain or b""
        if not self._has_key(known) and not self._is_laid(known):
            self._refuse(known, "Der Schlüssel dazu ist nicht mehr da.")
            return
        try:
            key = self._next.read_bytes()
            made = certificate.check(pem, known.key, known.name, now_ms)
        except FileNotFoundError:
            pass  # a stop after it was laid there, and before it was noted
        except ChainError as error:
            if error.code == "early":
                with self._db.transaction() as driver:
                    store.say(driver, known.request, error.why)
                return
            self._refuse(known, error.why)
            return
        else:
            write_private(self._web.certificate, pem.rstrip() + b"\n" + key)
            self._next.unlink()
            self._log.info("certificate", name=known.name, until=day(made.until_ms))
        with self._db.transaction() as driver:
            store.settle(driver, known.request, "held")

    def _is_laid(self, known: Asked) -> bool:
        held = certificate.standing(self._web.certificate)
        return held is not None and held.key == known.key

    def _refuse(self, known: Asked, why: str) -> None:
        self._log.warning("certificate-refused", why=why)
        with self._db.transaction() as driver:
            store.settle(driver, known.request, "refused", why)

    @property
    def _next(self) -> Path:
        return self._web.tls / "next.key"


def state_of(web: Web, known: Asked | None, stamp: Stamp) -> State:
    """Return how it stands with a hub's certificate, for people.

    :raises OSError: if it is there and cannot be read.
    """
    held = certificate.standing(web.certificate)
    now_ms = _now(stamp)
    if held is not None and not held.covers(web.name):
        held = None
    said = _held(web.name, held, now_ms)
    asked = known if known is not None and known.name == web.name else None
    if asked is not None and asked.state == "answered" and now_ms is None:
        return State("clock", f"{said} Ein neues liegt bereit.".strip(), _CLOCK)
    if asked is not None and asked.state == "refused":
        expired = held is None or (now_ms is not None and now_ms >= held.until_ms)
        message = f"{said} Das erbetene kam nicht: {asked.why}"
        until = None if held is None else held.until_ms
        return State("expired" if expired and held else "refused", message, _REFUSED, until)
    if held is None:
        since = f" seit {day(asked.asked_at)}" if asked is not None and now_ms is not None else ""
        why = f" {asked.why}" if asked is not None and asked.why else ""
        return State("waiting", f"{said} Der Landkreis ist{since} darum gebeten.{why}", _WAIT)
    if now_ms is not None and now_ms >= held.until_ms:
        return State("expired", said, _EXPIRED, held.until_ms)
    if asked is not None and asked.state in ("asked", "answered"):
        why = f" {asked.why}" if asked.why else ""
        message = f"{said} Ein neues ist seit {day(asked.asked_at)} erbeten.{why}"
        return State("waiting", message, _WAIT, held.until_ms)
    return State("ok", said, "", held.until_ms)


def _held(name: str, held: Standing | None, now_ms: int | None) -> str:
    if held is None:
        return f"Für {name} gibt es noch kein Zertifikat."
    verb = "galt bis" if now_ms is not None and now_ms >= held.until_ms else "gilt bis"
    return f"Das Zertifikat für {name} {verb} {day(held.until_ms)}."


def _now(stamp: Stamp) -> int | None:
    return None if stamp.quality is TimeQuality.UNKNOWN else stamp.wall_ms


def day(at_ms: int) -> str:
    """Return a day for people."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%d.%m.%Y")


_WAIT = "Es kommt mit dem nächsten Abruf, Stick oder Bus. Bis dahin gehen die Seiten ohne HTTPS."
_CLOCK = "Die Uhr des Hubs ist nicht gestellt: Netz oder Uhrenbaustein prüfen (dorfhub doctor)."
_REFUSED = "Mit dem Landkreis klären, dann noch einmal bitten: dorfhub sync certificate --again"
_EXPIRED = "Beim Landkreis nachfragen: dort zeigt „dorfhub county certificates“, woran es liegt."
