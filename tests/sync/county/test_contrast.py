"""Text of the officials' pages is readable: WCAG 2.2, 1.4.3 and 1.4.6."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sync.county.web

CSS = (Path(sync.county.web.__file__).parent / "static" / "board.css").read_text("utf-8")
ENHANCED = 7.0
GRAPHIC = 3.0
# Where text stands on something else than paper or the wall: the beam, the pinned button.
SURFACES = {".head": "--green", ".hello": "--green", ".now .day": "--green"}
EVERYWHERE = ("--paper", "--wall")


def screen_rules(css: str) -> list[tuple[str, dict[str, str]]]:
    """Return selector and declarations of every rule for screens, in order."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"@media (print|\(forced-colors)[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", css)
    found = []
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        pairs = (line.partition(":")[::2] for line in body.split(";") if ":" in line)
        found.append((selector.strip(), {name.strip(): value.strip() for name, value in pairs}))
    return found


def variables(css: str) -> dict[str, str]:
    return next(body for selector, body in screen_rules(css) if selector == ":root")


def colour(value: str, known: dict[str, str]) -> tuple[int, int, int]:
    """Return the first colour that a declaration names."""
    name = re.search(r"var\((--[\w-]+)\)", value)
    digits = re.search(r"#([0-9a-f]+)\b", known[name[1]] if name else value)
    assert digits, value
    full = digits[1] if len(digits[1]) == 6 else "".join(2 * one for one in digits[1])
    return int(full[:2], 16), int(full[2:4], 16), int(full[4:], 16)


def luminance(rgb: tuple[int, int, int]) -> float:
    shares = [one / 255 for one in rgb]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_pairs(css: str) -> list[tuple[str, float]]:
    """Return each rule that colours text, once a surface it may stand on, with its contrast."""
    known = variables(css)
    rules = screen_rules(css)
    own = {
        selector: body for selector, body in rules if re.search("#|var", body.get("background", ""))
    }
    found = []
    for selector, body in rules:
        if "color" not in body:
            continue
        if selector in own and selector not in SURFACES:
            grounds = [own[selector]["background"]]
        else:
            names = (SURFACES[selector],) if selector in SURFACES else EVERYWHERE
            grounds = [f"var({name})" for name in names]
        for ground in grounds:
            ratio = contrast(colour(body["color"], known), colour(ground, known))
            found.append((f"{selector} on {ground}", ratio))
    return found


def test_the_formula_gives_the_standards_own_values() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((0x77, 0x77, 0x77), (255, 255, 255)) == pytest.approx(4.478, abs=0.001)


def test_all_text_reaches_the_enhanced_level() -> None:
    pairs = text_pairs(CSS)
    assert len(pairs) >= 20
    assert {where: ratio for where, ratio in pairs if ratio < ENHANCED} == {}


def test_text_on_a_button_that_is_pointed_at_and_on_the_houses_too() -> None:
    known = variables(CSS)
    for ground in ("var(--green-deep)", "#2c604b"):  # the second is village.svg's
        assert contrast(colour("#fffdf6", known), colour(ground, known)) >= ENHANCED


def test_bars_and_the_focus_ring_reach_the_level_of_graphics() -> None:
    known = variables(CSS)
    for name in ("--ember", "--quiet"):
        for ground in EVERYWHERE:
            assert (
                contrast(colour(f"var({name})", known), colour(f"var({ground})", known)) >= GRAPHIC
            )


@pytest.mark.parametrize(
    "paler", [("--quiet: #51443a", "--quiet: #8a7a68"), ("--warn: #634100", "--warn: #c08000")]
)
def test_a_pale_colour_would_be_noticed(paler: tuple[str, str]) -> None:
    assert paler[0] in CSS
    assert min(ratio for _, ratio in text_pairs(CSS.replace(*paler))) < 4.5
