"""The process that sets papers: requests come in on standard input, PDFs go out.

A request is four bytes of length (big-endian) and JSON; an answer is one byte (0 done, 1 not),
four bytes of length, and the PDF or why there is none. It ends with its input, or when nothing
came for a while. What is printed is data of a template; templates are ours alone.
"""

from __future__ import annotations

import json
import resource
import select
import sys
from pathlib import Path
from typing import BinaryIO

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
FONTS = HERE / "fonts"
IDLE_S = 90.0  # whoever prints a second paper waits a tenth; then the memory is given back
MEMORY_BYTES = 1 << 30  # of addresses; a report of years takes a tenth of it
MAX_PAPERS = 200  # the compiler remembers what it set
DONE, FAILED = 0, 1


def compile_paper(template: str, paper: str, at: int, *, system_fonts: bool = False) -> bytes:
    """Return a paper as PDF/UA-1. ``at`` is when it was made, in seconds.

    :raises typst.TypstError: if it cannot be set, as with a character that no font has.
    """
    import typst  # noqa: PLC0415 - an extra, and the web process never loads it

    fonts = typst.Fonts(
        include_system_fonts=system_fonts, include_embedded_fonts=True, font_paths=[FONTS]
    )
    done = typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=fonts,
        sys_inputs={"paper": paper},
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=at,
    )
    return bytes(done)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until there are no more."""
    for _ in range(MAX_PAPERS):
        ready, _, _ = select.select([source], [], [], IDLE_S)
        head = source.read(4) if ready else b""
        if len(head) < 4:
            return
        request = json.loads(source.read(int.from_bytes(head, "big")))
        try:
            answer, code = _set(request), DONE
        except RuntimeError as error:  # typst's own are
            answer, code = str(error).encode(), FAILED
        sink.write(bytes((code,)) + len(answer).to_bytes(4, "big") + answer)
        sink.flush()


def _set(request: dict[str, object]) -> bytes:
    template, at = str(request["template"]), int(str(request["at"]))
    paper = json.dumps(request["paper"])
    try:
        return compile_paper(template, paper, at)
    except RuntimeError:
        # a name in letters that we carry no font for: perhaps the system has one
        return compile_paper(template, paper, at, system_fonts=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold names
    serve(sys.stdin.buffer, sys.stdout.buffer)
