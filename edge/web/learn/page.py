"""What stands on the learning pages, gathered without Flask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.desk.materials import Wish, matching, offered, shown
from edge.material.kinds import LANGUAGES, LICENCES, RIGHT_TO_LEFT
from edge.store.personal_progress import Progress
from edge.store.village_materials import Material
from edge.web.course_page import Said
from edge.web.tongue import later, say, say_count

MINUTE_MS = 60_000
_EMPTY: Mapping[str, Progress] = {}

KIND_WORDS = {
    "pdf": later("Zum Lesen"),
    "video": later("Film"),
    "audio": later("Zum Hören"),
    "h5p": later("Übung"),
    "zim": later("Nachschlagen"),
}
SUBJECT_WORDS = {
    "handy": later("Handy und Computer"),
    "alltag": later("Alltag und Ämter"),
    "gesundheit": later("Gesundheit"),
    "sprache": later("Sprachen"),
    "arbeit": later("Arbeit und Beruf"),
    "schule": later("Schule und Kinder"),
    "heimat": later("Unser Dorf"),
    "anderes": later("Anderes"),
}
_LICENCE_WORDS = {
    "own": later("von uns gemacht"),
    "permitted": later("mit Erlaubnis gezeigt"),
    "PD": later("gemeinfrei"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to look for something; ``here`` if it is chosen. ``lang`` marks foreign words."""

    key: str
    text: str
    here: bool
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One material in the list. ``so_far``: how far the card's owner came."""

    number: int
    title: Said
    summary: Said | None
    kind: str
    icon: str
    length: str
    language: str
    lang: str
    so_far: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class LessonList:
    """The page of all materials."""

    lines: tuple[Line, ...]
    subjects: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    course: str = ""
    any_at_all: bool = True


@dataclass(frozen=True, slots=True)
class Track:
    """Captions in one language."""

    language: str
    label: str
    default: bool


@dataclass(frozen=True, slots=True)
class Lesson:
    """The page of one material. ``place`` is a page, or milliseconds, where one stopped."""

    number: int
    title: Said
    summary: Said | None
    kind: str
    kind_word: str
    mime: str
    ending: str
    lang: str
    direction: str
    facts: tuple[tuple[str, str], ...]
    tracks: tuple[Track, ...] = ()
    pages: int = 0
    readable: bool = False
    hidden: bool = False
    place: int = 0
    done: bool = False
    sha256: str = ""


def lesson_list(
    materials: Sequence[Material],
    wish: Wish,
    tongue: str,
    progress: Mapping[str, Progress] = _EMPTY,
    course: str = "",
) -> LessonList:
    """Return the page for a wish."""
    seen = shown(materials)
    ways = offered(seen)
    return LessonList(
        lines=tuple(_line(one, tongue, progress.get(one.sha256)) for one in matching(seen, wish)),
        subjects=tuple(
            Choice(key, say(SUBJECT_WORDS[key]), key == wish.subject) for key in ways["subject"]
        ),
        languages=tuple(
            Choice(key, language_word(key), key == wish.language, _lang(key))
            for key in ways["language"]
        ),
        course=course,
        any_at_all=bool(seen),
    )


def lesson(
    one: Material, tongue: str, *, readable: int, progress: Progress | None = None, course: str = ""
) -> Lesson:
    """Return the page of one material."""
    facts = [
        (say("Sprache"), language_word(one.language)),
        (say("Umfang"), length(one)),
        (say("Kurs"), course),
        (say("Von wem"), one.source),
        (say("Erlaubnis"), licence_word(one.licence)),
    ]
    return Lesson(
        number=one.material,
        title=_said(one, tongue)[0],
        summary=_said(one, tongue)[1],
        kind=one.kind,
        kind_word=say(KIND_WORDS[one.kind]),
        mime="",
        ending=one.ending,
        lang=_lang(one.language),
        direction="rtl" if one.language in RIGHT_TO_LEFT else "ltr",
        facts=tuple((name, value) for name, value in facts if value),
        tracks=tuple(_tracks(one, tongue)),
        pages=one.pages,
        readable=bool(readable),
        hidden=one.hidden or bool(one.lacks),
        place=progress.place if progress else 0,
        done=bool(progress and progress.done),
        sha256=one.sha256,
    )


def length(one: Material) -> str:
    """Return how long a material is, in words; empty where nobody knows."""
    if one.kind == "pdf":
        return say_count("{count} Seite", "{count} Seiten", one.pages)
    if one.duration_ms:
        minutes = max(1, round(one.duration_ms / MINUTE_MS))
        return say_count("{count} Minute", "{count} Minuten", minutes)
    return ""


def language_word(key: str) -> str:
    """Return what speakers of a language call it."""
    return say("Ohne Sprache") if key == "zxx" else LANGUAGES.get(key, "")


def licence_word(key: str) -> str:
    """Return a licence as it is told to visitors."""
    if key in _LICENCE_WORDS:
        return say(_LICENCE_WORDS[key])
    return key if key in LICENCES else ""


def so_far(one: Material, progress: Progress | None) -> str:
    """Return how far somebody came, in words; empty if they have not begun."""
    if progress is None:
        return ""
    if progress.done:
        return say("Fertig")
    if not progress.place:
        return ""
    if one.kind == "pdf":
        return say("Sie waren auf Seite {page}.", page=progress.place)
    if one.duration_ms:
        minutes, seconds = divmod(progress.place // 1000, 60)
        return say("Sie waren bei {time}.", time=f"{minutes}:{seconds:02d}")
    return say("Angefangen")


def _line(one: Material, tongue: str, progress: Progress | None) -> Line:
    title, summary = _said(one, tongue)
    return Line(
        number=one.material,
        title=title,
        summary=summary,
        kind=say(KIND_WORDS[one.kind]),
        icon=one.kind,
        length=length(one),
        language=language_word(one.language),
        lang=_lang(one.language),
        so_far=so_far(one, progress),
        done=bool(progress and progress.done),
    )


def _said(one: Material, tongue: str) -> tuple[Said, Said | None]:
    key, words = one.said(tongue)
    summary = Said(words.summary, key) if words.summary else None
    return Said(words.title, key), summary


def _lang(key: str) -> str:
    return "de-simple" if key == "de-simple" else key or "und"


def _tracks(one: Material, tongue: str) -> list[Track]:
    own = [key for key in one.tracks if key == tongue] or list(one.tracks)[:1]
    return [
        Track(key, language_word(key) or say("Untertitel"), key in own[:1]) for key in one.tracks
    ]
