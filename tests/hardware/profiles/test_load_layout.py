from __future__ import annotations

import pytest

from hardware.profiles.load import parse
from hardware.profiles.toml_kinds import ProfileError

HEAD = """profile = "one"
title = { de = "Eins", en = "One" }
"""


def layout(text: str) -> str:
    return HEAD + f"[[layout]]\n{text}"


def fields(text: str) -> str:
    return layout(f"fields = [{text}]")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (layout("fields = 1"), "layout 1: 1 is no array"),
        (layout("extra = 1"), "layout 1: extra: no such key"),
        (layout("ci = []"), "layout 1: 'fields' is missing"),
        (layout('filter = "gone"\nfields = []'), "layout 1: no filter 'gone'"),
        (layout("fields = []\n[layout.tags]\nx = 1"), "tags.x: no such key"),
        (layout("fields = []\nwhen = [{ at = 0, x = 1 }]"), "layout 1: x: no such key"),
        (fields('{ name = "x", y = 1 }'), "fields.x.y: no such key"),
        (fields('{ name = "x" }'), "x has neither a place nor fields"),
        (fields('{ name = "x", size = 1, coding = "gone" }'), "'gone' is not a valid"),
        (fields('{ name = "x", size = 1, order = "gone" }'), "'gone' is missing or unknown"),
        (fields('{ name = "x", size = 1, bits = [3] }'), "shorter than"),
        (fields('{ name = "x", size = 1, bits = [3, 2] }'), "no pairs of a first and a last one"),
        (fields('{ name = "x", sum = ["y"] }'), r"x needs \['y'\] in front"),
        (fields('{ name = "x", size = 1, times = "y" }'), r"x needs \['y'\] in front"),
        (fields('{ name = "x", size = 2, coding = "date" }'), "'day' is missing"),
        (fields('{ name = "x", size = 2, coding = "date", form = "no" }'), "'no' is missing or"),
        (
            fields('{ name = "x", size = 2, coding = "date", form = "g", after = "y" }'),
            r"x needs \['y'\]",
        ),
        (fields('{ name = "x", size = 1, coding = "words", words = "no" }'), "'no' is missing or"),
    ],
)
def test_mistakes_are_named_by_file_and_key(text: str, words: str) -> None:
    with pytest.raises(ProfileError, match=f"^one.toml: .*{words}"):
        parse(text, "one.toml")
