"""What stands on the desk's pages of materials, gathered without Flask. German, as the desk is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from edge.desk.intake import Running
from edge.desk.materials import Taken
from edge.learning.course import Course
from edge.learning.entered import Entered
from edge.learning.errors import Refused
from edge.material.kinds import FORMATS, LANGUAGES, LICENCES, SUBJECTS, size_words
from edge.material.pack import PAGES
from edge.material.sticks import Offer
from edge.store.village_materials import Material, RefusedFile, Words
from edge.web import words
from edge.web.learn.page import KIND_WORDS, SUBJECT_WORDS, length

LACKS = {"language": "Sprache", "licence": "Erlaubnis"}
CAME_BY = {"stick": "vom Stick", "upload": "hochgeladen", "command": "Befehl"}
TONGUES = {
    "de": "Deutsch",
    "de-simple": "Leichte Sprache",
    "en": "Englisch",
    "uk": "Ukrainisch",
    "tr": "Türkisch",
    "ar": "Arabisch",
}
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShelfLine:
    """One material in the desk's list. ``state`` says whether it is shown, and what lacks."""

    number: int
    title: str
    about: str
    state: str
    mood: str


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One file that was not taken."""

    name: str
    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One file on a stick."""

    path: str
    name: str
    about: str
    refused: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Editor:
    """The page of one material for the desk."""

    number: int
    title: str
    about: str
    hidden: bool
    lacks: str
    tongues: Pairs
    languages: Pairs
    licences: Pairs
    subjects: Pairs
    courses: Pairs
    tracks: str = ""


@dataclass(frozen=True, slots=True)
class ResultLine:
    """What became of one file of an intake."""

    text: str
    mood: str
    number: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IntakePage:
    """How an intake goes."""

    percent: int
    copied: str
    results: tuple[ResultLine, ...]


def choices() -> tuple[Pairs, Pairs, Pairs]:
    """Return languages, licences and subjects to choose from."""
    languages = (("", "bitte wählen"), *LANGUAGES.items())
    subjects = tuple((key, SUBJECT_WORDS[key]) for key in SUBJECTS)
    return languages, tuple(LICENCES.items()), subjects


def shelf_lines(materials: Iterable[Material]) -> list[ShelfLine]:
    """Return the desk's list: what lacks something first."""
    lines = [
        ShelfLine(one.material, one.said("de")[1].title, _about(one), *_state(one))
        for one in materials
    ]
    order = {"bad": 0, "warn": 1, "good": 2}
    return sorted(lines, key=lambda line: order[line.mood])


def refused_lines(found: Iterable[RefusedFile]) -> list[RefusedLine]:
    """Return the list of what was not taken."""
    return [
        RefusedLine(
            one.name,
            f"{words.date(words.local(one.at))}, {CAME_BY[one.came_by]}, {size_words(one.size)}",
            one.reason,
        )
        for one in found
    ]


def offer_lines(offers: Iterable[Offer]) -> list[OfferLine]:
    """Return what a stick offers, what can be taken first."""
    lines = []
    for one in offers:
        folder = one.path.rpartition("/")[0]
        parts = [KIND_WORDS[FORMATS[one.ending].kind]] if one.ending else []
        parts.append(size_words(one.size))
        if one.captions:
            parts.append("mit Untertiteln")
        if one.about is not None:
            parts.append("beschrieben in material.toml")
        lines.append(OfferLine(one.path, one.name, ", ".join(parts), one.refused, folder))
    return sorted(lines, key=lambda line: bool(line.refused))


def intake_page(how: Running) -> IntakePage:
    """Return how an intake goes."""
    percent = 100 if how.all_bytes <= 0 else min(100, how.done_bytes * 100 // how.all_bytes)
    copied = f"{size_words(how.done_bytes)} von {size_words(how.all_bytes)}"
    return IntakePage(percent, copied, tuple(_result(one) for one in how.results))


def _result(taken: Taken) -> ResultLine:
    if taken.material is None:
        return ResultLine(f"{taken.name}: nicht genommen", "bad", reason=taken.reason)
    number = taken.material.material
    if taken.how == "known":
        return ResultLine(f"{taken.name}: war schon da", "good", number)
    state, mood = _state(taken.material)
    return ResultLine(f"{taken.name}: übernommen, {state}", mood, number, taken.reason)


def _about(one: Material) -> str:
    parts = [KIND_WORDS[one.kind], length(one), size_words(one.size), LANGUAGES.get(one.language)]
    return ", ".join(part for part in parts if part)


def _state(one: Material) -> tuple[str, str]:
    if one.lacks:
        return f"es fehlt: {', '.join(LACKS[what] for what in one.lacks)}", "bad"
    if one.hidden:
        return "noch nicht zu sehen", "warn"
    return "zu sehen", "good"


def editor(one: Material, courses: Sequence[Course]) -> Editor:
    """Return the page of one material."""
    languages, licences, subjects = choices()
    return Editor(
        number=one.material,
        title=one.said("de")[1].title,
        about=f"{_about(one)}, Datei „{one.file_name}“",
        hidden=one.hidden,
        lacks=", ".join(LACKS[what] for what in one.lacks),
        tongues=tuple(TONGUES.items()),
        languages=languages,
        licences=licences,
        subjects=subjects,
        courses=(
            ("", "zu keinem"),
            *((str(course.course), course.text("de").title) for course in courses),
        ),
        tracks=", ".join(LANGUAGES.get(key, "ohne Angabe") for key in one.tracks),
    )


def form_of(one: Material) -> Entered:
    """Return a material as its form holds it."""
    values = {
        "language": one.language,
        "licence": one.licence,
        "subject": one.subject,
        "source": one.source,
        "course": str(one.course or ""),
        "rev": str(one.rev),
    }
    for key, said in one.words.items():
        values[f"title-{key}"], values[f"summary-{key}"] = said.title, said.summary
    return Entered({name: [value] for name, value in values.items()})


def material_of(before: Material, form: Entered, courses: Collection[int]) -> Material:
    """Return the material that a form makes of one.

    :raises Refused: if a course is none.
    """
    course = form.number("course") or None
    if course is not None and course not in courses:
        raise Refused("no such course", hint="Diesen Kurs gibt es nicht.", field="course")
    said = {
        key: Words(form.text(f"title-{key}"), form.text(f"summary-{key}"))
        for key in PAGES
        if form.text(f"title-{key}").strip()
    }
    return replace(
        before,
        words=said,
        language=form.text("language"),
        licence=form.text("licence"),
        subject=form.text("subject"),
        source=form.text("source"),
        course=course,
        hidden=False if form.has("zeigen") else before.hidden,
        rev=form.number("rev"),
    )
