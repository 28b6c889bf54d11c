"""The doctor's look at the certificate for browsers: it is there, for this name, and holds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from edge import certificate
from edge.config import Config
from edge.doctor.checks import DAY_MS, Finding
from hardware.reading import TimeQuality

_LATE = 3 * DAY_MS  # after it was due to be asked for: a stick that goes weekly may be on its way
_ASK = "dorfhub sync certificate sagt, worauf es wartet."


def certificates(config: Config, now_ms: int | None = None) -> Iterator[Finding]:
    """Look at the certificate, where hub.toml names what it is for."""
    web = config.web
    if not web.name:
        return
    try:
        held = certificate.standing(web.certificate)
    except OSError as error:
        message = f"{web.certificate} ist nicht lesbar: {error.strerror}."
        yield Finding("certificate", "fail", message, f"Eigentümer und Rechte: ls -l {web.tls}")
        return
    if held is None or not held.covers(web.name):
        message = f"Für {web.name} ist noch kein Zertifikat da; die Seiten gehen ohne HTTPS."
        yield Finding("certificate", "warn", message, _ASK)
        return
    until = datetime.fromtimestamp(held.until_ms / 1000, UTC).strftime("%d.%m.%Y")
    if now_ms is None:
        now_ms = _now_ms()
    if now_ms is None:
        yield Finding("certificate", "ok", f"Das Zertifikat für {web.name} gilt bis {until}.")
    elif now_ms >= held.until_ms:
        message = f"Das Zertifikat für {web.name} ist am {until} abgelaufen; Browser warnen."
        yield Finding("certificate", "fail", message, _ASK)
    elif now_ms >= held.renew_ms + min(_LATE, (held.until_ms - held.renew_ms) // 2):
        days = (held.until_ms - now_ms) // DAY_MS
        message = (
            f"Das Zertifikat für {web.name} gilt noch {days} Tage, und ein neues ist nicht da."
        )
        yield Finding("certificate", "warn", message, _ASK)
    else:
        yield Finding("certificate", "ok", f"Das Zertifikat für {web.name} gilt bis {until}.")


def _now_ms() -> int | None:
    from edge.clock import SystemClock  # noqa: PLC0415 - loads ctypes

    if SystemClock().stamp().quality is TimeQuality.UNKNOWN:
        return None
    return time.time_ns() // 1_000_000
