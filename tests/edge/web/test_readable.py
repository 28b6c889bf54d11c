from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.web.readable import LONGEST_PIECE, MAX_CHARACTERS, Piece, pieces


def said(html: str) -> list[str]:
    return [line for one in pieces(html) for line in one.text.split("\n")]


def test_the_heading_and_the_main_part_in_order() -> None:
    html = (
        "<body><p>Kopf</p><h1>Titel</h1><main><p>Eins</p><ul><li>Zwei!</li></ul></main><p>Fuß</p>"
    )
    assert said(html) == ["Titel.", "Eins.", "Zwei!"]


@pytest.mark.parametrize(
    "silent",
    [
        "<p hidden>X</p>",
        '<p aria-hidden="true">X</p>',
        "<p data-stumm>X <b>X</b></p>",
        "<svg><title>X</title></svg>",
        "<script>X</script>",
        "<select><option>X</option></select>",
        "<textarea>X</textarea>",
        '<input value="X">',
        "<details><summary>Mehr</summary><p>X</p></details>",
    ],
)
def test_what_is_not_for_ears_is_left_out(silent: str) -> None:
    assert "X" not in " ".join(said(f"<main><p>A</p>{silent}<p>B</p></main>"))
    assert said(f"<main><p>A</p>{silent}<p>B</p></main>")[-1] == "B."


def test_languages_keep_their_voices() -> None:
    html = '<html lang="tr"><main><p>Merhaba</p><p lang="de">Guten <b>Tag</b></p><p>Son</p></main>'
    assert pieces(html) == (Piece("tr", "Merhaba."), Piece("de", "Guten Tag."), Piece("tr", "Son."))


def test_a_row_of_a_table_is_one_breath() -> None:
    rows = "<tr><th>Ab</th><th>kWh</th></tr><tr><td>3 Uhr</td><td>7</td></tr>"
    html = f"<main><table>{rows}</table></main>"
    assert said(html) == ["Ab, kWh.", "3 Uhr, 7."]


def test_long_texts_are_cut_after_sentences_and_end_somewhere() -> None:
    text = "Ein Satz mit einigen Wörtern darin. " * 1000
    found = pieces(f"<main><p>{text}</p></main>")
    assert all(len(one.text) <= LONGEST_PIECE for one in found)
    assert all(one.text.endswith(".") for one in found[:-1])
    assert MAX_CHARACTERS - 400 < sum(len(one.text) for one in found) <= MAX_CHARACTERS


def test_a_word_without_end_is_cut_too() -> None:
    assert all(
        len(one.text) <= LONGEST_PIECE for one in pieces(f"<main><p>{'x' * 5000}</p></main>")
    )


@given(st.text(alphabet="<>/main h1pdetals\"'=&; lang", max_size=200))
def test_whatever_comes_there_is_an_answer(html: str) -> None:
    for one in pieces(html):
        assert 0 < len(one.text) <= LONGEST_PIECE
