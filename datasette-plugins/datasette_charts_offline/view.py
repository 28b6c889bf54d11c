"""What a page shows of a chart: the drawing and all words and marks beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from datasette_charts_offline import words
from datasette_charts_offline.drawing import Drawing, draw
from datasette_charts_offline.series import Part, Picture, Row, picture, runs
from datasette_charts_offline.settings import Chart

MAX_SERIES = 6  # as many as there are colours and dashes that can be told apart
MAX_NAMES = 12  # below a field; of more only the ends are named
MARKS = 4


@dataclass(frozen=True, slots=True)
class View:
    """A chart in one language; ``table`` has a row a place: its name, then a text a series.

    ``scale`` says what the drawing's marks stand for, ``axis`` what stands below: a name for each
    bar where ``each_named``, else marks at even distances or those of the ends.
    """

    chart: Chart
    title: str
    drawing: Drawing
    scale: tuple[str, ...]
    axis: tuple[str, ...]
    each_named: bool
    summary: tuple[str, ...]
    notes: tuple[str, ...]
    head: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]


def make(
    chart: Chart, rows: list[Row], language: str, *, name: str, cut: int | None = None
) -> View | None:
    """Return the view of ``rows``, from left to right; None if there is no value in them.

    ``cut`` is how many rows were read if there were more.
    """
    say = partial(words.text, language)
    names = sorted({row.series for row in rows})
    kept = [row for row in rows if row.series in names[:MAX_SERIES]]
    shown = picture(kept)
    if not any(part.mean is not None for one in shown.series for part in one.parts):
        return None
    notes = []
    if cut is not None:
        notes.append(
            say(
                "There are more than {n} rows: only the last {n} are drawn.",
                n=words.number(language, cut),
            )
        )
    if len(names) > MAX_SERIES:
        notes.append(
            say(
                "There are {n} of {column}: only the first {most} are drawn.",
                n=len(names),
                column=chart.series,
                most=MAX_SERIES,
            )
        )
    notes += _honest(shown, chart, language)
    bars = chart.kind == "bar"
    drawing = draw(shown, bars=bars)
    axis = _axis(shown, language, bars=bars)
    return View(
        chart,
        chart.title or f"{chart.y}: {name}",
        drawing,
        tuple(words.number(language, mark) for mark, _ in drawing.marks),
        axis,
        bars and len(axis) == len(shown.series[0].parts) and _even(shown.series[0].parts),
        _summary(shown, chart, language),
        tuple(notes),
        (chart.x, *(one.name or chart.y for one in shown.series)),
        _table(shown, language),
    )


def _honest(shown: Picture, chart: Chart, language: str) -> list[str]:
    say = partial(words.text, language)
    parts = [part for one in shown.series for part in one.parts]
    found = []
    if shown.thinned:
        key = (
            "{rows} rows are drawn in {parts} parts: a bar is a part's mean, not its sum."
            if chart.kind == "bar"
            else "{rows} rows are drawn in {parts} parts: the line is each part's mean, "
            "the band reaches from its least to its greatest value."
        )
        rows, count = words.number(language, shown.rows), len(shown.series[0].parts)
        found.append(say(key, rows=rows, parts=count))
    elif any(part.values > 1 for part in parts):
        found.append(
            say(
                "Several rows stand at one place: their mean is drawn, "
                "and the band from the least to the greatest."
            )
        )
    missing = sum(part.missing for part in parts)
    if missing:
        number, rows = words.number(language, missing), words.number(language, shown.rows)
        found.append(say("{n} of {rows} rows have no value.", n=number, rows=rows))
    if chart.kind == "line" and any(len(runs(one, shown.kind)) > 1 for one in shown.series):
        found.append(say("Where values are missing for long, the chart has a gap."))
    return found


def _summary(shown: Picture, chart: Chart, language: str) -> tuple[str, ...]:
    """Return a sentence a series, one without values too: its number is that of its colour."""
    found = []
    for one in shown.series:
        name = one.name or chart.y
        there = [part for part in one.parts if part.mean is not None]
        if not there:
            found.append(words.text(language, "{name}: no values.", name=name))
            continue
        ends = [part.label for part in there if part.label]
        said = words.text(
            language,
            "{name}: {low} to {high} {unit}, from {first} to {last}.",
            name=name,
            low=words.number(language, min(part.low or 0.0 for part in there)),
            high=words.number(language, max(part.high or 0.0 for part in there)),
            unit=chart.unit,
            first=words.place(language, shown.kind, ends[0]),
            last=words.place(language, shown.kind, ends[-1]),
        )
        found.append(said.replace(" ,", ","))
    return tuple(found)


def _axis(shown: Picture, language: str, *, bars: bool) -> tuple[str, ...]:
    parts = shown.series[0].parts
    if bars and not shown.thinned and len(parts) <= MAX_NAMES and _even(parts):
        return tuple(words.place(language, shown.kind, part.label) for part in parts)
    if shown.kind == "name":
        if len(parts) <= MAX_NAMES:
            return tuple(part.label for part in parts)
        return (parts[0].label, parts[-1].label)
    first, last = parts[0].position, parts[-1].position
    if first == last:
        return (words.place(language, shown.kind, parts[0].label),)
    marks = [first + (last - first) * n / MARKS for n in range(MARKS + 1)]
    if shown.kind == "time":
        days = last - first >= 3 * 86400 * MARKS / 4
        return tuple(words.moment(language, mark, days=days) for mark in marks)
    return tuple(words.number(language, mark) for mark in marks)


def _even(parts: tuple[Part, ...]) -> bool:
    """Return whether all steps are the same: names in equal shares stand below their bars."""
    steps = [b.position - a.position for a, b in pairwise(parts)]
    return not steps or max(steps) - min(steps) <= max(steps) * 1e-6


def _table(shown: Picture, language: str) -> tuple[tuple[str, ...], ...]:
    found = []
    for across in zip(*(one.parts for one in shown.series), strict=True):
        label = next((part.label for part in across if part.label), "")
        if not label:
            continue  # an empty part of a thinned picture
        name = words.place(language, shown.kind, label)
        if shown.thinned:
            name = words.text(language, "from {first} on", first=name)
        found.append((name, *(_cell(part, language) for part in across)))
    return tuple(found)


def _cell(part: Part, language: str) -> str:
    if part.mean is None or part.low is None or part.high is None:
        return words.text(language, "missing")
    mean = words.number(language, part.mean)
    if part.low == part.high:
        return mean
    low, high = words.number(language, part.low), words.number(language, part.high)
    spread = words.text(language, "{low} to {high}", low=low, high=high)
    return words.text(language, "mean {mean}", mean=mean) + f" ({spread})"
