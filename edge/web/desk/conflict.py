"""Two volunteers changed one course: the second sees both versions and decides."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from flask import render_template, request

from edge.desk.places import PlaceDesk
from edge.learning.course import differences
from edge.learning.entered import Entered
from edge.store.errors import Locked
from edge.store.village_courses import EditedMeanwhile
from edge.web.desk.course_forms import FIELD_WORDS, told
from edge.web.desk.point import Point


def conflict_page(point: Point, error: EditedMeanwhile, form: Entered) -> tuple[str, int]:
    """Return the page that shows both, with all that was entered in it, to be sent once more."""
    mine, theirs = error.mine, error.theirs
    rooms = {one.room_id: one.name for one in point.village.rooms()}
    try:
        trainers = PlaceDesk(point.village, point.vault).trainers()
    except Locked:
        trainers = []
    people = {one.trainer: one.name for one in trainers}
    rows = [
        (FIELD_WORDS[name], told(mine, name, people, rooms), told(theirs, name, people, rooms))
        for name in differences(mine, theirs)
        if name in FIELD_WORDS
    ]
    return render_template(
        "desk/conflict.html",
        course=theirs,
        rows=rows,
        again=list(_again(form, theirs.rev)),
        target=request.path,
    ), HTTPStatus.CONFLICT


def _again(form: Entered, rev: int) -> Iterator[tuple[str, str]]:
    """Give what was sent, as it was read at the revision that now stands."""
    yield "rev", str(rev)
    yield "mark", ""  # decided: nothing is beside it any more
    for name, values in form.values.items():
        if name not in ("rev", "mark"):
            for value in values:
                yield name, value
