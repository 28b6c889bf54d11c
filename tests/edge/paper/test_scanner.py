from __future__ import annotations

import io
import threading
import time

import pytest
import segno
from PIL import Image

from edge.paper import scanner
from edge.paper.scanner import MAX_PICTURE_BYTES, NoCode, NoScanner, scan

TEXT = "DHZ1-" + "ABCDEFG234567" * 70


def picture(kind: str = "PNG", *, angle: float = 0, size: int = 1400) -> bytes:
    out = io.BytesIO()
    segno.make(TEXT, error="m", micro=False).save(out, kind="png", scale=6)
    image = Image.open(io.BytesIO(out.getvalue())).convert("L")
    page = Image.new("RGB", (size, size), "white")
    page.paste(image, ((size - image.width) // 2, (size - image.height) // 2))
    made = io.BytesIO()
    page.rotate(angle, fillcolor="white").save(made, format=kind, quality=70)
    return made.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_photograph_is_read(kind: str) -> None:
    assert scan(picture(kind)) == TEXT


def test_held_askew_and_large_it_is_read() -> None:
    assert scan(picture("JPEG", angle=17, size=4000)) == TEXT


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\0" * 90, b"x" * 5000])
def test_no_picture_has_no_code(data: bytes) -> None:
    with pytest.raises(NoCode):
        scan(data)


def test_a_picture_without_a_code_has_none() -> None:
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(out, format="PNG")
    with pytest.raises(NoCode):
        scan(out.getvalue())


def test_a_bomb_and_what_is_too_large_are_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, format="PNG")
    with pytest.raises(NoCode):
        scan(out.getvalue())
    with pytest.raises(NoCode):
        scan(b"\xff" * (MAX_PICTURE_BYTES + 1))


def test_too_slow_or_busy_or_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoCode):
        scan(picture(), limit_s=0.01)
    monkeypatch.setattr(scanner, "QUEUE_S", 0.01)
    with scanner._TURN, pytest.raises(NoScanner):
        scan(picture())
    assert scan(picture()) == TEXT  # who gave up holds no place
    monkeypatch.setattr(scanner.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(NoScanner):
        scan(picture())


def test_few_wait_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "QUEUE_S", 3.0)
    with scanner._TURN:
        waiting = [threading.Thread(target=_refused) for _ in range(scanner.MOST)]
        for one in waiting:
            one.start()
        deadline = time.monotonic() + 2
        while scanner._PLACES._value and time.monotonic() < deadline:  # type: ignore[attr-defined]
            time.sleep(0.01)
        begun = time.monotonic()
        _refused()  # at once: a thread of the pages is not held
        assert time.monotonic() - begun < 1
        for one in waiting:
            one.join()


def _refused() -> None:
    with pytest.raises(NoScanner):
        scan(b"x")
