"""Our colours are readable by day and by night: WCAG 2.2, 1.4.6 and 1.4.11."""

from __future__ import annotations

import re

import pytest

from edge.web.assets import FOLDER

CSS = (FOLDER / "face.css").read_text("utf-8")
DAY = re.search(r"\n:root \{([^}]*)\}", CSS)
NIGHT = re.search(r':root\[data-licht="dunkel"\] \{([^}]*)\}', CSS)
# text, and what it stands on
TEXT = (
    [(one, ground) for one in ("ink", "quiet", "green", "green-deep", "good", "warn", "bad", "info")
     for ground in ("paper", "wall", "field")]
    + [("on-green", "green"), ("on-green", "green-deep")]
    + [("on-beam", "beam"), ("beam-soft", "beam")]
    + [(one, f"{one}-paper") for one in ("good", "warn", "bad", "info")]
    + [("ink", f"{one}-paper") for one in ("good", "warn", "bad", "info")]
    + [("ink", "tint"), ("green", "tint"), ("green", "warn-paper")]
)  # fmt: skip
MARKS = [(one, ground) for one in ("ember", "focus", "quiet") for ground in ("paper", "wall")]


def colours(block: re.Match[str] | None) -> dict[str, str]:
    assert block is not None
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block[1]))


def luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula_gives_the_standards_own_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("block", [DAY, NIGHT], ids=["day", "night"])
def test_all_text_reaches_the_enhanced_level(block: re.Match[str] | None) -> None:
    known = colours(block)
    ratios = {pair: contrast(known[pair[0]], known[pair[1]]) for pair in TEXT}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 7} == {}


@pytest.mark.parametrize("block", [DAY, NIGHT], ids=["day", "night"])
def test_marks_reach_the_level_of_graphics(block: re.Match[str] | None) -> None:
    known = colours(block)
    assert min(contrast(known[one], known[ground]) for one, ground in MARKS) >= 3


def test_text_on_the_houses_of_the_beam() -> None:
    for colour in ("on-beam", "beam-soft"):
        assert contrast(colours(DAY)[colour], "#2c604b") >= 4.5  # village.svg, behind a shadow
