"""What is to be drawn: by the configuration of a table, and by what somebody chose on the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

KINDS = ("line", "bar")


class ChartError(ValueError):
    """A chart cannot be drawn so; ``key`` and ``values`` say what is wrong, to be translated."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key.format_map(values))
        self.key, self.values = key, values


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns ``x`` and ``y``, one line or colour for each value of ``series``, if it is named."""

    kind: str
    x: str
    y: str
    series: str = ""
    title: str = ""
    unit: str = ""


def configured(found: Mapping[str, object], columns: Collection[str]) -> Chart:
    """Return the chart that a table's configuration describes.

    :raises ChartError: if it lacks something, or names what there is not.
    """
    unknown = found.keys() - {"type", "x", "y", "series", "title", "unit", "language"}
    if unknown:
        raise ChartError("no such setting: {names}", names=", ".join(sorted(unknown)))
    if not all(isinstance(value, str) for value in found.values()):
        raise ChartError("all settings of a chart are texts")
    said = {name: str(value) for name, value in found.items()}
    chart = Chart(
        said.get("type", "line"),
        said.get("x", ""),
        said.get("y", ""),
        said.get("series", ""),
        said.get("title", ""),
        said.get("unit", ""),
    )
    return _checked(chart, columns)


def chosen(base: Chart | None, args: Mapping[str, str], columns: Collection[str]) -> Chart | None:
    """Return ``base`` with what the form says; None if nothing says what is to be drawn.

    :raises ChartError: if the form names what there is not.
    """
    if not args.get("x") and not args.get("y"):
        return base
    chart = base or Chart("line", "", "")
    changed = replace(
        chart,
        kind=args.get("type", chart.kind),
        x=args.get("x", chart.x),
        y=args.get("y", chart.y),
        series=args.get("series", ""),
    )
    if changed.y != chart.y:  # the words are about another column
        changed = replace(changed, title="", unit="")
    return _checked(changed, columns)


def _checked(chart: Chart, columns: Collection[str]) -> Chart:
    if chart.kind not in KINDS:
        raise ChartError("there is no kind of chart {kind}", kind=chart.kind)
    for column in (chart.x, chart.y, *([chart.series] if chart.series else [])):
        if column not in columns:
            raise ChartError("there is no column {column}", column=column)
    return chart
