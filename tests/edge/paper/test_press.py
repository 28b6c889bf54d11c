from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pdfua
import pikepdf
import pypdfium2
import pytest

from edge.paper import press as press_module
from edge.paper import setter
from edge.paper.documents import Certificates, Paper
from edge.paper.press import NoPdf, NotInstalled, Press, PressBusy
from tests.edge.paper.papers import (
    ARABIC,
    BASE,
    EVIL,
    NAMES,
    UKRAINIAN,
    all_papers,
    certificate,
)

AT_MS = 1_764_140_000_000
PAPERS = all_papers()


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    made = Press()
    yield made
    made.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endless(Paper):
    """A paper whose template never ends."""

    template: ClassVar[str] = "endless"


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_every_paper_is_pdf_ua(press: Press, name: str) -> None:
    paper = PAPERS[name]
    pdf = press.pdf(paper, AT_MS)
    report = pdfua.validate(io.BytesIO(pdf))
    assert not report.findings
    with pikepdf.open(io.BytesIO(pdf)) as document:
        root = document.Root
        assert root.MarkInfo.Marked
        assert str(root.Lang) == "de-DE"
        assert root.ViewerPreferences.DisplayDocTitle
        assert root.StructTreeRoot.K
        with document.open_metadata() as told:
            assert told["pdfuaid:part"] == "1"
            assert paper.title in str(told["dc:title"])
        fonts = [
            one
            for one in document.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all("/FontFile2" in one or "/FontFile3" in one for one in fonts)
        assert all("Fira" in str(f.FontName) or "Noto" in str(f.FontName) for f in fonts)


def test_the_checker_refuses_what_is_not_tagged(press: Press) -> None:
    pdf = press.pdf(PAPERS["certificate"], AT_MS)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        del document.Root.StructTreeRoot
        del document.Root.Lang
        out = io.BytesIO()
        document.save(out)
    assert pdfua.validate(io.BytesIO(out.getvalue())).findings


def test_a_text_is_a_text(press: Press) -> None:
    found = " ".join(text_of(press.pdf(PAPERS["certificate-plain"], AT_MS)).split())
    assert " ".join(EVIL.split()) in found
    assert "root:" not in found


def test_names_of_all_scripts_stand_there(press: Press) -> None:
    found = text_of(press.pdf(PAPERS["certificates"], AT_MS))
    assert UKRAINIAN in found
    assert "Şükrü" in found
    assert len(pypdfium2.PdfDocument(press.pdf(PAPERS["certificates"], AT_MS))) == len(NAMES)
    # both words, each whole; the reader of the test says their order as it likes
    assert ARABIC.split()[0] in found
    assert ARABIC.split()[1][:-1] in found


def test_the_same_paper_gives_the_same_bytes(press: Press) -> None:
    one = press.pdf(PAPERS["poster"], AT_MS)
    assert press.pdf(PAPERS["poster"], AT_MS) == one
    assert press.pdf(PAPERS["poster"], AT_MS + 86_400_000) != one


def test_ten_thousand_characters_make_pages(press: Press) -> None:
    pdf = press.pdf(certificate(summary="Donaudampfschiff " * 600, name="x" * 10_000), AT_MS)
    assert len(pypdfium2.PdfDocument(pdf)) > 1


def test_what_has_no_letters_here_is_an_error_with_a_way_out(press: Press) -> None:
    with pytest.raises(NoPdf) as told:
        press.pdf(certificate(name="\U0001e900\U0001e922"), AT_MS)  # Adlam
    assert "Strg" in told.value.hint
    assert press.pdf(certificate(), AT_MS).startswith(b"%PDF")


def test_too_much_is_refused_before_it_is_set(press: Press) -> None:
    with pytest.raises(NoPdf):
        press.pdf(certificate(summary="x" * 2_000_001), AT_MS)


def test_an_endless_paper_is_ended(
    tmp_path: Path,
) -> None:
    (tmp_path / "endless.typ").write_text("#let x = 0\n#while true { x += 1; if x > 9 { x = 0 } }")
    code = (
        "import sys\nfrom pathlib import Path\nfrom edge.paper import setter\n"
        f"setter.TEMPLATES = Path({str(tmp_path)!r})\n"
        "setter.serve(sys.stdin.buffer, sys.stdout.buffer)"
    )
    slow = Press(limit_s=2.0, command=(sys.executable, "-c", code))
    start = time.monotonic()
    with pytest.raises(NoPdf):
        slow.pdf(Endless(**BASE), AT_MS)
    # typst itself counts the turns of a loop and may be faster than the clock
    assert time.monotonic() - start < 20
    slow.close()


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import sys; sys.stdin.buffer.read(4)",
        "import sys; sys.stdout.buffer.write(bytes([0]) + bytes([255] * 4)); sys.stdout.flush()",
    ],
)
def test_a_process_that_hangs_dies_or_raves_is_ended(code: str) -> None:
    press = Press(limit_s=1.0, command=(sys.executable, "-c", code))
    with pytest.raises(NoPdf):
        press.pdf(certificate(), AT_MS)
    assert press._child is None
    press.close()


def test_after_it_ended_by_itself_another_is_started(press: Press) -> None:
    press.pdf(certificate(), AT_MS)
    child = press._child
    assert child is not None
    child.kill()
    child.wait()
    assert press.pdf(certificate(), AT_MS).startswith(b"%PDF")


def test_one_after_another(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    results: list[bytes] = []
    papers = [certificate(name=f"Person {number}") for number in range(6)]
    threads = [
        threading.Thread(target=lambda one=one: results.append(press.pdf(one, AT_MS)))
        for one in papers
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({text_of(pdf) for pdf in results}) == len(papers)
    monkeypatch.setattr(press, "_queue_s", 0.05)
    with press._turn, pytest.raises(PressBusy):
        press.pdf(certificate(), AT_MS)


def test_few_wait_at_a_time(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "_queue_s", 3.0)
    refused: list[bool] = []

    def ask() -> None:
        with pytest.raises(PressBusy):
            press.pdf(certificate(), AT_MS)
        refused.append(True)

    with press._turn:
        waiting = [threading.Thread(target=ask) for _ in range(press_module.MOST)]
        for one in waiting:
            one.start()
        deadline = time.monotonic() + 2
        while press._places._value and time.monotonic() < deadline:  # type: ignore[attr-defined]
            time.sleep(0.01)
        ask()
        assert refused == [True]  # at once, while the others wait
        for one in waiting:
            one.join()


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press_module.importlib.util, "find_spec", lambda _: None)
    press = Press()
    assert not press.is_there
    with pytest.raises(NotInstalled) as told:
        press.pdf(certificate(), AT_MS)
    assert "Browser" in told.value.hint
    press.close()


def test_the_setter_stops_with_its_input_and_when_nothing_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_end, write_end = os.pipe()
    sink = io.BytesIO()
    with os.fdopen(read_end, "rb") as source, os.fdopen(write_end, "wb") as other:
        monkeypatch.setattr(setter, "IDLE_S", 0.05)
        setter.serve(source, sink)
        request = {"template": "absent", "paper": {}, "at": 0}
        data = json.dumps(request).encode()
        other.write(len(data).to_bytes(4, "big") + data)
        other.flush()
        setter.serve(source, sink)
    assert sink.getvalue()[0] == setter.FAILED


def test_a_batch_is_quicker_than_its_parts(press: Press) -> None:
    many = Certificates(
        **BASE, course="Handy", pages=tuple(certificate(name=f"Person {n}") for n in range(30))
    )
    pdf = press.pdf(replace(many), AT_MS)
    assert len(pypdfium2.PdfDocument(pdf)) == 30
