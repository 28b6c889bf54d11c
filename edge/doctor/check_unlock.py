"""How personal.db is opened after a reboot, and whether that can hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edge.doctor.checks import Finding

if TYPE_CHECKING:
    from edge.config import Config


def unlocking(config: Config) -> Iterator[Finding]:
    """Tell whether one file opens it or two of three do, and whether the key is in memory."""
    from edge.unlock.errors import UnlockError  # noqa: PLC0415  # loads cryptography
    from edge.unlock.memory import is_memory  # noqa: PLC0415
    from edge.unlock.opener import Opener  # noqa: PLC0415

    opener = Opener.of(config)
    in_memory = is_memory(opener.key_file.parent)
    plain = config.hub.keys / "personal.key"
    if not opener.is_set_up:
        if in_memory and not opener.is_locked:
            yield Finding(
                "unlock",
                "fail",
                "Der Schlüssel der persönlichen Daten liegt nur im Arbeitsspeicher: nach einem "
                "Neustart öffnet sie niemand mehr.",
                f"dorfhub --config {config.source} unlock setup",
            )
        else:
            yield Finding(
                "unlock",
                "ok",
                "Die persönlichen Daten öffnet eine Schlüsseldatei allein: wer sie hat, liest sie. "
                "Sie liegt auch in jeder Schlüssel-Sicherung (dorfhub backup).",
            )
        return
    try:
        opener.record()
    except UnlockError as error:
        yield Finding("unlock", "fail", f"{error}", error.hint)
        return
    if not in_memory:
        yield Finding(
            "unlock",
            "fail",
            "Zwei von drei ist eingerichtet, aber der geöffnete Schlüssel läge auf der Karte.",
            'In hub.toml: [personal] key_file = "/run/dorfhub/personal.key"',
        )
    elif plain.exists():
        yield Finding(
            "unlock",
            "warn",
            "Zwei von drei ist eingerichtet, aber die offene Schlüsseldatei liegt noch auf der "
            "Karte: sie öffnet allein.",
            f"Nach einer Probe mit `dorfhub unlock now` löschen: {plain}",
        )
    else:
        yield Finding("unlock", "ok", "Zwei von drei öffnen die persönlichen Daten.")
