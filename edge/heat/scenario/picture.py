"""A scenario as a picture for a council's paper: SVG, with its words in German and no script.

Above, final energy by carrier, year by year, with the estimate's band about the whole; below, CO2.
A dashed line is what stays if nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from edge.heat.german import de
from edge.heat.scenario import words
from edge.heat.scenario.outlook import Band, Outlook, Year
from edge.heat.scenario.plan import Plan

_COLOURS = {  # told apart by lightness too: for printers and for those who see few colours
    "gas": "#e3a008",
    "liquid_gas": "#f6d68a",
    "oil": "#6b4226",
    "wood": "#9bbf6a",
    "coal": "#333333",
    "electricity": "#2f6fb3",
    "district": "#b23b5a",
    "solar": "#f2e14c",
    "other": "#9a9a9a",
}
_REST = "#c8c8c8"  # carriers that were put together
_WIDTH, _HEIGHT = 720, 670
_LEFT, _BARS = 70, 460  # where the bars begin, and how wide they all are
_TOP, _TALL, _BETWEEN = 84, 210, 84
_WIDE = 0.6  # of a year's place is its bar
_INK = "#222222"
_OPEN = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
    ' aria-labelledby="title desc" lang="de" font-family="sans-serif" font-size="13"'
    f' fill="{_INK}">'
)
_FOOT = (
    "Striche: Band der Schätzung, 80 %. Gestrichelt: wenn alles bleibt wie {year}."
    " Faktoren und Quellen: dorfhub heat scenario"
)


def svg(plan: Plan, found: Outlook, *, made_up: bool) -> str:
    """Return the picture."""
    years = (found.base, *found.years)
    title = f"{plan.name}: {found.base.year} bis {years[-1].year}"
    below = _TOP + _TALL + _BETWEEN
    lines = [
        _OPEN,
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(_told(years))}</desc>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="26" font-size="18" font-weight="bold">{escape(title)}</text>',
        *_panel(_TOP, "Endenergie, MWh im Jahr", years, lambda one: one.amount.final, 1e3),
        *_panel(below, "CO2, t im Jahr", years, lambda one: one.amount.co2, 1.0),
        *_legend(years),
        _small(_HEIGHT - 26, _FOOT.format(year=found.base.year)),
    ]
    if plan.made_up or made_up:
        lines.append(_small(_HEIGHT - 8, "Achtung: Werte dieses Bildes sind erfunden."))
    return "\n".join([*lines, "</svg>", ""])


def _small(y: int, text: str) -> str:
    return f'<text x="{_LEFT}" y="{y}" font-size="11">{text}</text>'


def _told(years: Sequence[Year]) -> str:
    return "; ".join(
        f"{one.year}: {de(one.amount.final.value / 1e3)} MWh Endenergie,"
        f" {de(one.amount.co2.value)} t CO2"
        for one in years
    )


def _panel(
    top: int, title: str, years: Sequence[Year], of: Callable[[Year], Band], unit: float
) -> Iterator[str]:
    most = max(max(of(one).high for one in years) / unit, 1e-9)
    foot = top + _TALL

    def height(value: float) -> float:
        return value / unit / most * _TALL

    yield f'<text x="{_LEFT}" y="{top - 24}" font-weight="bold">{title}</text>'
    yield f'<path d="M{_LEFT} {top}V{foot}H{_LEFT + _BARS}" fill="none" stroke="{_INK}"/>'
    each = _BARS / len(years)
    for number, one in enumerate(years):
        middle = _LEFT + each * (number + 0.5)
        band = of(one)
        y = float(foot)
        for colour, part in _parts(one, of):
            y -= height(part)
            yield (
                f'<rect x="{middle - each * _WIDE / 2:.1f}" y="{y:.1f}" width="{each * _WIDE:.1f}"'
                f' height="{height(part):.1f}" fill="{colour}" stroke="#ffffff"/>'
            )
        low, high = foot - height(band.low), foot - height(band.high)
        yield f'<path d="M{middle:.1f} {low:.1f}V{high:.1f}" stroke="{_INK}" stroke-width="2"/>'
        yield (
            f'<text x="{middle:.1f}" y="{high - 4:.1f}" text-anchor="middle">'
            f"{de(band.value / unit)}</text>"
        )
        yield f'<text x="{middle:.1f}" y="{foot + 17}" text-anchor="middle">{one.year}</text>'
    same = foot - height(of(years[0]).value)
    yield (
        f'<path d="M{_LEFT} {same:.1f}H{_LEFT + _BARS}" stroke="{_INK}" stroke-dasharray="6 4"'
        ' fill="none"/>'
    )


def _parts(one: Year, of: Callable[[Year], Band]) -> Iterator[tuple[str, float]]:
    """Yield a bar's colours and amounts: final energy by carrier, anything else whole."""
    if of(one) is not one.amount.final:
        yield "#7a7a7a", of(one).value
        return
    for part in sorted(one.carriers, key=lambda each: _place(each.name)):
        yield _COLOURS.get(part.name, _REST), part.final.value


def _legend(years: Sequence[Year]) -> Iterator[str]:
    names = sorted({part.name for one in years for part in one.carriers}, key=_place)[::-1]
    x = _LEFT + _BARS + 20
    for number, name in enumerate(names):
        y = _TOP + 22 * number
        yield f'<rect x="{x}" y="{y}" width="14" height="14" fill="{_COLOURS.get(name, _REST)}"/>'
        word = words.carriers(name) if "+" not in name else "übrige"
        yield f'<text x="{x + 20}" y="{y + 12}">{word}</text>'


def _place(name: str) -> tuple[int, str]:
    """Return where a carrier stands in all bars alike: what was put together comes last."""
    names = list(_COLOURS)
    return (names.index(name) if name in names else len(names)), name
