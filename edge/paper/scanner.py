"""The QR code on a picture that somebody brings, read in a process of its own with bounds.

A picture from anybody is what image libraries are attacked with: the process that decodes it has
little memory and time, and nothing to give away but the text of a code.
"""

from __future__ import annotations

import importlib.util
import io
import resource
import subprocess
import sys
import threading

from edge.store.errors import StoreError

LIMIT_S = 15.0  # a photograph of 12 megapixels takes a second on a Raspberry Pi
QUEUE_S = 10.0
MAX_PICTURE_BYTES = 8 * 1024 * 1024  # what phones take
MAX_PIXELS = 30_000_000
MAX_SIDE = 2400  # pixels that are looked at; a code of 97 modules on half a page has them
MEMORY_BYTES = 700 << 20
MOST = 3  # one is read, two wait: whoever waits holds a thread, and anybody may bring pictures
_TURN = threading.Lock()
_PLACES = threading.BoundedSemaphore(MOST)


class NoCode(StoreError):
    """No code is to be seen on the picture."""

    hint = (
        "Auf dem Bild ist kein QR-Code zu erkennen. Bitte das Papier glatt hinlegen, bei gutem "
        "Licht und nah genug fotografieren: Der Code soll das Bild halb ausfüllen."
    )


class NoScanner(StoreError):
    """Reading pictures is not installed, or busy."""

    hint = (
        "Bilder kann dieser Hub gerade nicht lesen. Bitte den QR-Code mit dem Lesegerät am "
        "Terminal lesen oder die Datei wählen."
    )


def can_scan() -> bool:
    """Say whether reading pictures is installed."""
    return all(importlib.util.find_spec(one) is not None for one in ("zxingcpp", "PIL"))


def scan(picture: bytes, *, limit_s: float = LIMIT_S) -> str:
    """Return the text of the QR code on a picture.

    :raises NoCode: if there is none, or it is no picture.
    :raises NoScanner: if that is not installed here, or others read pictures for too long.
    """
    if not can_scan():
        raise NoScanner("not installed")
    if len(picture) > MAX_PICTURE_BYTES:
        raise NoCode("too large", hint="Das Bild ist zu groß. Bitte ein kleineres wählen.")
    if not _PLACES.acquire(blocking=False):
        raise NoScanner("busy")
    try:
        done = _in_turn(picture, limit_s)
    finally:
        _PLACES.release()
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode or not text:
        raise NoCode("no code")
    return text


def _in_turn(picture: bytes, limit_s: float) -> subprocess.CompletedProcess[bytes]:
    if not _TURN.acquire(timeout=QUEUE_S):
        raise NoScanner("busy")
    try:
        return subprocess.run(
            [sys.executable, "-m", "edge.paper.scanner"],
            input=picture,
            capture_output=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoCode("too slow") from error
    finally:
        _TURN.release()


def text_of(picture: bytes) -> str:
    """Return the text of the QR code on a picture, empty without one.

    :raises Exception: whatever the libraries have against it.
    """
    import zxingcpp  # noqa: PLC0415 - an extra
    from PIL import Image  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # Pillow refuses from twice of it on
    formats = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
    with Image.open(io.BytesIO(picture), formats=formats) as image:
        image.draft("L", (MAX_SIDE, MAX_SIDE))
        grey = image.convert("L")
    wanted = zxingcpp.barcode_formats_from_str("QRCode")
    for side in (MAX_SIDE, MAX_SIDE // 2):
        grey.thumbnail((side, side))
        for code in zxingcpp.read_barcodes(grey, formats=wanted):
            if code.text:
                return str(code.text)
    return ""


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(text_of(sys.stdin.buffer.read(MAX_PICTURE_BYTES + 1)))
