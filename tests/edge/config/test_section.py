from __future__ import annotations

import pytest

from edge.config.section import key_lines


def test_headers_and_keys_have_their_lines() -> None:
    text = """# a comment = 1
top = 1
[hub]
name = "a = b"   # c = d
"quoted" = 2
a . b = 3
text = \"\"\"
[not.a.header]
nor = "a key"
\"\"\"
[[ meters ]]  # first
id = 1
[[meters]]
id = 2
[meters.more]
x = [
  1,
]
"""
    assert key_lines(text) == {
        ("top",): 2,
        ("hub",): 3,
        ("hub", "name"): 4,
        ("hub", "quoted"): 5,
        ("hub", "a", "b"): 6,
        ("hub", "text"): 7,
        ("meters", 0): 11,
        ("meters", 0, "id"): 12,
        ("meters", 1): 13,
        ("meters", 1, "id"): 14,
        ("meters", "more"): 15,
        ("meters", "more", "x"): 16,
    }


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "line", ["[" + " " * 500_000, "a." * 250_000, "[" * 500_000, "a" * 500_000, "a ." * 100_000]
)
def test_no_line_makes_it_slow(line: str) -> None:
    """A pattern that tries every way to cut such a line does not end today."""
    assert key_lines(line) == {}
