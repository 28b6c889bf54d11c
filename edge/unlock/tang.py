"""The key server in the house: Debian's `clevis` and `jose` speak with it, as programs.

The secret goes by standard input and output, never on a command line.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from contextlib import suppress

from edge.unlock.errors import FactorAbsent, Refused
from edge.unlock.wrapping import KEY_BYTES

TIMEOUT_S = 10.0
_MAX_ADVERT = 64_000
_ABSENT = (
    "Der Schlüsselserver antwortet nicht. Ist er eingeschaltet und im selben Netz? "
    "Ohne ihn öffnen Stick und PIN."
)


def is_installed() -> bool:
    """Tell whether the programs are there."""
    return all(shutil.which(name) for name in ("clevis", "jose", "curl"))


def thumbprints(url: str) -> list[str]:
    """Return the thumbprints (SHA-256) of the keys that the server signs with; a person compares.

    :raises FactorAbsent: if it does not answer.
    :raises Refused: if the address or the answer is none of a key server.
    """
    if not url.startswith(("http://", "https://")):
        raise Refused("no URL", hint="Die Adresse beginnt mit http:// oder https://.")
    _installed()
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/adv", timeout=TIMEOUT_S) as answer:  # noqa: S310 - checked above
            advert = json.loads(answer.read(_MAX_ADVERT))
        payload = str(advert["payload"])
        keys = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["keys"]
        signing = [key for key in keys if "verify" in key["key_ops"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{url}: no advertisement", hint="Unter dieser Adresse ist kein Schlüsselserver (tang)."
        ) from error
    except OSError as error:
        raise FactorAbsent(f"{url}: {error}", hint=_ABSENT) from error
    return [
        _run(("jose", "jwk", "thp", "-a", "S256", "-i-"), json.dumps(key).encode()).decode().strip()
        for key in signing
    ]


def encrypt(secret: bytes, url: str, thumbprint: str) -> str:
    """Return the secret as a JWE that only the server helps to open.

    :raises FactorAbsent: if it does not answer, or has no such key.
    """
    settings = json.dumps({"url": url, "thp": thumbprint})
    return _run(("clevis", "encrypt", "tang", settings), secret).decode("ascii").strip()


def decrypt(jwe: str, timeout_s: float = TIMEOUT_S) -> bytes:
    """Return the secret.

    :raises FactorAbsent: if the server does not answer, or lost its key.
    """
    secret = _run(("clevis", "decrypt"), jwe.encode("ascii", "replace"), timeout_s)
    if len(secret) != KEY_BYTES:
        raise FactorAbsent("the key server's secret has a wrong size", hint=_ABSENT)
    return secret


def _installed() -> None:
    if not is_installed():
        raise FactorAbsent(
            "clevis, jose or curl is not installed",
            hint="Für den Schlüsselserver fehlen Programme: sudo apt install clevis jose curl",
        )


def _run(command: Sequence[str], given: bytes, timeout_s: float = TIMEOUT_S) -> bytes:
    _installed()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # clevis is a script: what it started must end with it
    ) as process:
        try:
            out, said = process.communicate(given, timeout_s)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise FactorAbsent("the key server is too slow", hint=_ABSENT) from None
    if process.returncode:
        reason = said.decode("utf-8", "replace").strip()[-200:]
        raise FactorAbsent(f"{command[0]}: {reason}", hint=_ABSENT)
    return out
