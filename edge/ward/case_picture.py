"""A picture made ready for a practice: drawn anew, so that only what is seen on it is left.

Where it was taken, when, by which phone: nothing of that stays. Needs Pillow (extra ``paper``).
"""

from __future__ import annotations

import importlib.util
import io
import warnings

from edge.care.case_errors import Damaged, TooLarge, Unfit

MAX_UPLOAD = 16 << 20  # what today's phones make, with room
MAX_PIXELS = 60_000_000  # 180 MB while it is drawn; a bomb says more
MAX_EDGE = 1600  # a wound or a rash is seen well, and ten weigh as much as one of the phone's
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82
_HINT = "Dieses Bild kann der Hub nicht lesen. Bitte als JPEG oder PNG aufnehmen."


def can_draw() -> bool:
    """Tell whether pictures are taken at all."""
    return importlib.util.find_spec("PIL") is not None


def redrawn(data: bytes) -> bytes:
    """Return a picture as a JPEG of at most :data:`MAX_EDGE` pixels a side, without metadata.

    :raises Damaged: if it is no picture of a kind that is read.
    :raises TooLarge: if it is too many bytes or pixels.
    :raises Unfit: where Pillow is absent.
    """
    if not can_draw():
        raise Unfit(
            "Pillow is absent",
            hint="Dieser Hub nimmt keine Bilder an: Ihm fehlt der Teil „paper“. Bitte Bescheid "
            "geben, wer ihn betreut; Fragen ohne Bild gehen.",
        )
    if len(data) > MAX_UPLOAD:
        raise TooLarge("a picture with too many bytes", hint=_TOO_LARGE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd in it
            return _drawn(data)
    except TooLarge:
        raise
    except Exception as error:
        raise Damaged("no picture that can be read", hint=_HINT) from error


def _drawn(data: bytes) -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415 - 15 MB that other pages do not need

    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise TooLarge("a picture with too many pixels", hint=_TOO_LARGE)
        opened.draft("RGB", (MAX_EDGE, MAX_EDGE))
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((MAX_EDGE, MAX_EDGE))
        canvas = Image.new("RGB", upright.size, "white")
        layer = upright.convert("RGBA")
        canvas.paste(layer, mask=layer.getchannel("A"))
    made = io.BytesIO()
    canvas.save(made, "JPEG", quality=_QUALITY, optimize=True)
    return made.getvalue()


_TOO_LARGE = "Dieses Bild ist zu groß. Bitte ein kleineres aufnehmen (höchstens 16 MB)."
