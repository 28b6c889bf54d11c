"""Sign-in names. They are given, not chosen, so that none says who somebody is. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Sequence

MAX_TYPED = 60
# Short, known to everybody, typed without an umlaut, and none sounds like another.
_WORDS = (
    "Ahorn Amsel Anker Birke Biber Buche Dachs Distel Eiche Elster Fasan Feder Fichte Fuchs Garten"
    " Ginster Hafer Hase Hecht Hummel Igel Iris Kamille Kastanie Kiebitz Kiesel Klee Lachs Laterne"
    " Lerche Linde Luchs Malve Meise Minze Mohn Mistel Nelke Otter Pappel Pirol Quelle Rabe Reiher"
    " Rose Salbei Schilf Schwan Sperling Star Storch Tanne Taube Tulpe Ulme Veilchen Wachtel Weide"
    " Wiesel Zander Zeisig"
)
WORDS = tuple(_WORDS.split())


def new_handle(taken: Container[str], choice: Callable[[Sequence[str]], str]) -> str:
    """Return a name whose :func:`same_handle` is not ``taken``."""
    free = [word for word in WORDS if same_handle(word) not in taken]
    if free:
        return choice(free)
    word = choice(WORDS)
    number = 2
    while same_handle(f"{word} {number}") in taken:
        number += 1
    return f"{word} {number}"


def same_handle(typed: str) -> str:
    """Return the form in which two spellings of one name are the same."""
    text = typed[:MAX_TYPED].encode("utf-8", "replace").decode()
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
