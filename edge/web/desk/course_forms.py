"""The parts of a course as forms: what they show, and what a course is after one was sent. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from edge.learning.course import (
    AREAS,
    DIGCOMP_AREAS,
    DIGCOMP_VERSION,
    GERMAN,
    LANGUAGES,
    SIMPLE,
    Course,
    DigComp,
    Kind,
    Text,
    one_line,
)
from edge.learning.entered import Entered
from edge.learning.errors import Refused
from edge.web.desk import said

KIND_WORDS: Mapping[str, str] = {
    "course": "Kurs",
    "event": "Veranstaltung",
    "stop": "Halt des Bildungsbusses",
}
LANGUAGE_WORDS: Mapping[str, str] = {
    "de": "Deutsch",
    SIMPLE: "Leichte Sprache",
    "en": "Englisch",
    "uk": "Ukrainisch",
    "tr": "Türkisch",
    "ar": "Arabisch",
}
# The areas and levels of the framework's version 3.0; what is stored is its own word.
DIGCOMP_WORDS: Mapping[int, str] = {
    1: "Informationen suchen, bewerten, verwalten",
    2: "Kommunikation und Zusammenarbeit",
    3: "Inhalte erstellen",
    4: "Sicherheit, Wohlbefinden, verantwortlicher Umgang",
    5: "Probleme erkennen und lösen",
}
LEVEL_WORDS: Mapping[str, str] = {
    "": "ohne Stufe",
    "Basic": "Grundstufe",
    "Intermediate": "Mittelstufe",
    "Advanced": "Oberstufe",
    "Highly advanced": "höchste Stufe",
}
SPOKEN = tuple(code for code in LANGUAGES if code != SIMPLE)
OTHER_TEXTS = tuple(code for code in LANGUAGES if code != GERMAN)

FIELD_WORDS: Mapping[str, str] = {
    "texts": "Titel und Beschreibung",
    "season_id": "Saison",
    "kind": "Art",
    "state": "Zustand",
    "seats": "Plätze",
    "minimum": "Mindestens",
    "cost_cents": "Kosten",
    "area": "Programmbereich",
    "digcomp": "DigComp",
    "digcomp_version": "Fassung von DigComp",
    "languages": "Sprachen",
    "access": "Barrierefreiheit",
    "die_number": "DIE-Nummer",
    "trainer": "Leitung",
    "announced_as": "Leitung auf dem Plakat",
    "note": "Hinweis",
    "sessions": "Termine",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a course, in the order in which a new one is filled in."""

    key: str
    title: str
    show: Callable[[Course], dict[str, list[str]]]
    change: Callable[[Course, Entered], Course]


def _show_title(course: Course) -> dict[str, list[str]]:
    text = course.text(GERMAN)
    return {
        "title.de": [text.title],
        "summary.de": [text.summary],
        "season_id": [course.season_id],
        "kind": [course.kind],
    }


def _title(course: Course, form: Entered) -> Course:
    german = Text(form.text("title.de"), form.text("summary.de"))
    return replace(
        course,
        texts={**course.texts, GERMAN: german},
        season_id=form.text("season_id"),
        kind=_kind(form.text("kind")),
    )


def _kind(text: str) -> Kind:
    if text == "event":
        return "event"
    return "stop" if text == "stop" else "course"


def _show_seats(course: Course) -> dict[str, list[str]]:
    cents = course.cost_cents
    return {
        "seats": [str(course.seats)],
        "minimum": [str(course.minimum)],
        "cost_cents": [f"{cents // 100},{cents % 100:02d}" if cents else "0"],
    }


def _seats(course: Course, form: Entered) -> Course:
    seats, minimum = form.number("seats"), form.number("minimum")
    if minimum > seats:
        raise Refused(
            f"at least {minimum} of {seats}",
            hint="„Mindestens“ kann nicht mehr sein als die Plätze.",
            field="minimum",
        )
    return replace(course, seats=seats, minimum=minimum, cost_cents=form.cents("cost_cents"))


def _show_trainer(course: Course) -> dict[str, list[str]]:
    return {"trainer": [str(course.trainer or "")], "announced_as": [course.announced_as]}


def _trainer(course: Course, form: Entered) -> Course:
    trainer = form.number("trainer") or None
    if not form.has("trainer"):  # names are locked: whom the form could not show stays
        trainer = course.trainer
    return replace(course, trainer=trainer, announced_as=form.text("announced_as"))


def _show_place(course: Course) -> dict[str, list[str]]:
    shown = {
        "area": [str(course.area)],
        "digcomp_version": [course.digcomp_version],
        "die_number": [course.die_number],
    }
    for one in course.digcomp:
        shown.setdefault("digcomp", []).append(str(one.area))
        shown[f"level.{one.area}"] = [one.level]
    return shown


def _place(course: Course, form: Entered) -> Course:
    chosen = {text for text in form.many("digcomp") if text.isdecimal()}
    return replace(
        course,
        area=form.number("area"),
        digcomp=tuple(
            DigComp(area, form.text(f"level.{area}"))
            for area in DIGCOMP_AREAS
            if str(area) in chosen
        ),
        digcomp_version=one_line(
            form.text("digcomp_version") or DIGCOMP_VERSION, "digcomp_version", 10
        ),
        die_number=form.text("die_number"),
    )


def _show_access(course: Course) -> dict[str, list[str]]:
    return {"languages": list(course.languages), "access": [course.access]}


def _access(course: Course, form: Entered) -> Course:
    others = [one for one in course.languages if one not in SPOKEN]  # of a table, kept
    languages = [one for one in SPOKEN if one in form.many("languages")]
    if not languages and not others:
        raise Refused(
            "no language",
            hint="Bitte mindestens eine Sprache ankreuzen, in der der Kurs gehalten wird.",
            field="languages",
        )
    return replace(course, languages=(*languages, *others), access=form.text("access"))


def show_texts(course: Course) -> dict[str, list[str]]:
    """Return the texts of all languages but German."""
    shown: dict[str, list[str]] = {}
    for code in OTHER_TEXTS:
        if code in course.texts:
            shown[f"title.{code}"] = [course.texts[code].title]
            shown[f"summary.{code}"] = [course.texts[code].summary]
    return shown


def _texts(course: Course, form: Entered) -> Course:
    texts = dict(course.texts)
    for code in OTHER_TEXTS:
        title, summary = form.text(f"title.{code}"), form.text(f"summary.{code}")
        if title.strip():
            texts[code] = Text(title, summary)
        elif summary.strip():
            raise Refused(
                f"no title in {code}",
                hint=f"{LANGUAGE_WORDS[code]}: Es fehlt der Titel.",
                field=f"title.{code}",
            )
        else:
            texts.pop(code, None)
    return replace(course, texts=texts)


STEPS: Mapping[str, Step] = {
    one.key: one
    for one in (
        Step("titel", "Titel und Beschreibung", _show_title, _title),
        Step("plaetze", "Plätze und Kosten", _show_seats, _seats),
        Step("leitung", "Leitung", _show_trainer, _trainer),
        Step("einordnung", "Programmbereich und DigComp", _show_place, _place),
        Step("zugang", "Sprachen und Barrierefreiheit", _show_access, _access),
        Step("texte", "Andere Sprachen", show_texts, _texts),
    )
}
# How a new course is walked through; the sessions have a page of their own.
WALK: Sequence[str] = ("titel", "termine", "plaetze", "leitung", "einordnung", "zugang")


def told(course: Course, name: str, people: Mapping[int, str], rooms: Mapping[str, str]) -> str:
    """Return what a field holds, for somebody who compares two versions."""
    value = getattr(course, name)
    if name == "texts":
        return "\n".join(
            f"{LANGUAGE_WORDS.get(code, code)}: {text.title}"
            + (f"\n{text.summary}" if text.summary else "")
            for code, text in sorted(course.texts.items(), key=lambda one: _order(one[0]))
        )
    if name == "sessions":
        return "\n".join(session_line(course, at, rooms) for at in range(len(course.sessions)))
    if name == "digcomp":
        return "\n".join(map(_digcomp, value))
    simple: Mapping[str, Callable[[], str]] = {
        "kind": lambda: KIND_WORDS[course.kind],
        "state": lambda: said.STATES[course.state],
        "cost_cents": lambda: said.euros(course.cost_cents),
        "area": lambda: AREAS.get(course.area, "noch keiner"),
        "languages": lambda: ", ".join(LANGUAGE_WORDS.get(one, one) for one in course.languages),
        "trainer": lambda: people.get(course.trainer or 0, "niemand" if not value else "jemand"),
    }
    found = simple[name]() if name in simple else str(value)
    return found or "leer"


def session_line(course: Course, at: int, rooms: Mapping[str, str]) -> str:
    """Return when and where a session is, in a line."""
    one = course.sessions[at]
    place = rooms.get(one.room_id or "", one.place)
    pause = f", {one.break_minutes} Min. Pause" if one.break_minutes else ""
    gone = ", fällt aus" if one.cancelled else ""
    return f"{said.span(one)}{pause}{f', {place}' if place else ''}{gone}"


def summary(course: Course, people: Mapping[int, str]) -> dict[str, str]:
    """Return each step's part of a course in a line, for the course's own page."""
    digcomp = ", ".join(map(_digcomp, course.digcomp))
    seats = "ohne Anmeldung, wer will kommt"
    if course.seats:
        seats = f"{course.seats} Plätze"
        seats += f", mindestens {course.minimum}" if course.minimum else ""
    leader = people.get(course.trainer or 0, "jemand" if course.trainer else "noch niemand")
    if course.announced_as:
        leader += f", auf dem Plakat: {course.announced_as}"
    area = AREAS.get(course.area, "noch kein Programmbereich")
    held = ", ".join(LANGUAGE_WORDS.get(one, one) for one in course.languages)
    texts = [LANGUAGE_WORDS[code] for code in OTHER_TEXTS if code in course.texts]
    return {
        "titel": f"{course.title} ({KIND_WORDS[course.kind]})",
        "termine": f"{said.dates(course)} · {said.taught(course)}",
        "plaetze": f"{seats} · {said.euros(course.cost_cents)}",
        "leitung": leader,
        "einordnung": area
        + (f" · DigComp {course.digcomp_version}: {digcomp}" if digcomp else "")
        + (f" · DIE-Nummer {course.die_number}" if course.die_number else ""),
        "zugang": held + (f" · {course.access}" if course.access else ""),
        "texte": said.listed(texts) if texts else "nur Deutsch",
    }


def level_options(course: Course) -> list[tuple[str, str]]:
    """Return the levels that can be chosen; one of another version stays one."""
    others = {one.level: one.level for one in course.digcomp}
    return list({**others, **LEVEL_WORDS}.items())


def _digcomp(one: DigComp) -> str:
    level = LEVEL_WORDS.get(one.level, one.level) if one.level else ""
    return f"{DIGCOMP_WORDS[one.area]}{f' ({level})' if level else ''}"


def _order(code: str) -> int:
    return LANGUAGES.index(code) if code in LANGUAGES else len(LANGUAGES)
