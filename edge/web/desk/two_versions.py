"""Two volunteers changed the same thing: the second sees both and decides; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from flask import render_template, request

from edge.learning.entered import Entered

Row = tuple[str, str, str]  # what it is, mine, theirs


def two_versions(
    title: str, rows: Iterable[Row], form: Entered, rev: int, keep: str
) -> tuple[str, int]:
    """Return the page that shows where both differ, with all that was entered, to be sent again.

    ``rev`` is the revision that now stands; ``keep`` leads to the other version.
    """
    again = [("rev", str(rev))]
    again += [
        (name, value) for name, values in form.values.items() if name != "rev" for value in values
    ]
    return render_template(
        "desk/two_versions.html",
        title=title,
        rows=[(label, mine, theirs) for label, mine, theirs in rows if mine != theirs],
        again=again,
        target=request.path,
        keep=keep,
    ), HTTPStatus.CONFLICT
