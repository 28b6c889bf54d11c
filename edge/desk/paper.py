"""QR codes for slips and cards: what a scanner types like a keyboard."""

from __future__ import annotations

import io

import segno


def qr_svg(content: str, *, scale: int = 4, sized: bool = True, error: str = "q") -> str:
    """Return a QR code as SVG, without an XML head, to stand in a page.

    ``sized``: with a size of its own; else it is as large as the page makes it. ``error`` is how
    much of it may be missing: a quarter (`q`), as of a creased slip of a till printer, or `m` for
    what is long and lies flat.
    """
    out = io.BytesIO()
    code = segno.make(content, error=error, micro=False)
    code.save(out, kind="svg", scale=scale, xmldecl=False, svgns=True, nl=False, omitsize=not sized)
    return out.getvalue().decode()


def qr_text(content: str) -> str:
    """Return a QR code of block characters, for a terminal."""
    out = io.StringIO()
    segno.make(content, error="q", micro=False).terminal(out, compact=True)
    return out.getvalue()
