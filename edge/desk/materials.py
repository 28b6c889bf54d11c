"""Materials as volunteers take them in and visitors find them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal, Self

from edge.clock import Clock
from edge.config import Config
from edge.learning.errors import Refused as WronglyEntered
from edge.material import h5p, judge
from edge.material.errors import MediumError, Refused
from edge.material.judge import Verdict
from edge.material.kinds import LANGUAGES, LICENCES, PLAYED, SUBJECTS, UNKNOWN, Kind
from edge.material.names import shown_name, title_of
from edge.material.pack import MAX_SOURCE, MAX_TEXT, MAX_TITLE, PAGES, About, line
from edge.material.shelf import Progress, Shelf, shelf_of
from edge.store.village import VillageStore
from edge.store.village_materials import (
    CameBy,
    Material,
    NoSuchMaterial,
    RefusedFile,
    Words,
)

How = Literal["taken", "known", "refused"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file: taken, there already, or refused with ``reason``."""

    how: How
    name: str
    material: Material | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is on the hub's disk, read back, and not yet looked into."""

    part: Path
    digest: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a check of the shelf found: files that are missing, spoiled, or nobody's."""

    missing: tuple[Material, ...]
    spoiled: tuple[Material, ...]
    strange: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Whether everything is as it must be."""
        return not (self.missing or self.spoiled or self.strange)


class MaterialDesk:
    """The materials of one hub.

    :raises StoreError: from any method, if the catalogue cannot be read or written.
    """

    def __init__(self, village: VillageStore, shelf: Shelf, clock: Clock) -> None:
        self._village = village
        self.shelf = shelf
        self._clock = clock

    @classmethod
    def of(cls, config: Config, village: VillageStore, clock: Clock) -> Self:
        """Return the desk of a hub."""
        return cls(village, shelf_of(config), clock)

    # -- taking in

    def stage(self, source: BinaryIO, name: str, size: int, progress: Progress) -> Staged:
        """Copy a file to the hub and read it back.

        :raises MediumError: if the source or the hub's disk fails.
        """
        part, digest = self.shelf.stage(source, f"{uuid.uuid4().hex}.teil", size, progress)
        return Staged(part, digest, shown_name(name), part.stat().st_size)

    def take(self, staged: Staged, about: About | None, came_by: CameBy) -> Taken:
        """Judge a staged file and put it on the shelf; it is hidden until somebody shows it.

        The same file again is there once. What is refused is deleted, and noted.

        :raises MediumError: if the hub's disk fails.
        """
        said = about or About()
        known = self._known(staged.digest)
        try:
            if known is not None:
                return Taken("known", staged.name, known)
            verdict = _judged(staged, said)
            self.shelf.put(staged.part, staged.digest, verdict.ending)
            if verdict.ending == "h5p":
                self._unpack(staged.digest)
            made = self._material(staged, verdict, said)
            added, is_new = self._village.add_material(made, verdict.texts)
            return Taken("taken" if is_new else "known", staged.name, added)
        except Refused as error:
            self._note(staged, error, came_by)
            return Taken("refused", staged.name, reason=error.hint)
        finally:
            staged.part.unlink(missing_ok=True)

    def take_captions(
        self, material: Material, staged: Staged, language: str, came_by: CameBy
    ) -> Taken:
        """Put captions on the shelf beside a film or recording."""
        try:
            _require_captions(material, staged)
            self.shelf.put(staged.part, staged.digest, "vtt")
            key = language if language in LANGUAGES else material.language
            self._village.add_tracks(material.material, {key: staged.digest})
            return Taken("taken", staged.name, self._village.material(material.material))
        except Refused as error:
            self._note(staged, error, came_by)
            return Taken("refused", staged.name, reason=error.hint)
        finally:
            staged.part.unlink(missing_ok=True)

    def _known(self, digest: str) -> Material | None:
        """Return the material of that content, if its file is still there and as it was."""
        for one in self._village.materials():
            if one.sha256 == digest and self.shelf.check(digest, one.ending):
                return one
        return None

    def _unpack(self, digest: str) -> None:
        folder = self.shelf.unpacked(digest)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            h5p.unpack(self.shelf.path(digest, "h5p"), folder)
        except OSError as error:
            self.shelf.remove(digest, "h5p")
            raise MediumError(
                "full", "Der Speicher des Hubs reicht nicht, um die Übung auszupacken."
            ) from error
        except Refused:
            self.shelf.remove(digest, "h5p")
            raise

    def _material(self, staged: Staged, verdict: Verdict, said: About) -> Material:
        kind: Kind = verdict.format.kind
        title = said.titles.get("de") or verdict.title or title_of(staged.name)
        titles = {"de": title, **said.titles}
        words = {
            key: Words(text[:MAX_TITLE], said.summaries.get(key, ""))
            for key, text in titles.items()
        }
        guessed = verdict.language if verdict.language in LANGUAGES else ""
        return Material(
            sha256=staged.digest,
            ending=verdict.ending,
            kind=kind,
            file_name=staged.name,
            size=staged.size,
            pages=verdict.pages,
            duration_ms=verdict.duration_ms,
            language=said.language or guessed,
            licence=said.licence,
            subject=said.subject or "anderes",
            source=said.source,
            added_at=self._clock.stamp().wall_ms,
            words=words,
        )

    def _note(self, staged: Staged, error: Refused, came_by: CameBy) -> None:
        self._village.refuse_material(
            RefusedFile(
                self._clock.stamp().wall_ms,
                staged.name,
                staged.size,
                error.code,
                error.hint,
                came_by,
            )
        )

    # -- the catalogue

    def all(self) -> list[Material]:
        """Return everything, hidden things too, the newest first."""
        return self._village.materials()

    def edit(self, changed: Material) -> Material:
        """Keep what people say of a material that was read at its ``rev``.

        :raises Refused: (of `edge.learning`) if something is not in order, or lacks for showing it.
        :raises MaterialEdited: if somebody else changed it since.
        """
        return self._village.change_material(checked(changed))

    def show(self, material: int) -> Material:
        """Show a material to everybody.

        :raises Refused: (of `edge.learning`) if nobody said its licence and language.
        """
        return self.edit(replace(self._village.material(material), hidden=False))

    def remove(self, material: int) -> Material:
        """Remove a material, its file too.

        :raises NoSuchMaterial: if there is none of that number.
        """
        found, captions = self._village.remove_material(material)
        self.shelf.remove(found.sha256, found.ending)
        for digest in captions:
            self.shelf.remove(digest, "vtt")
        return found

    def check(self) -> Wrong:
        """Read every file again and compare."""
        materials = self._village.materials()
        missing = tuple(
            one for one in materials if not self.shelf.path(one.sha256, one.ending).is_file()
        )
        spoiled = tuple(
            one
            for one in materials
            if one not in missing and not self.shelf.check(one.sha256, one.ending)
        )
        wanted = {(one.sha256, one.ending) for one in materials}
        wanted |= {(digest, "vtt") for one in materials for digest in one.tracks.values()}
        strange = tuple(
            f"{digest}.{ending}"
            for digest, ending in self.shelf.held()
            if (digest, ending) not in wanted
        )
        return Wrong(missing, spoiled, strange)

    def tidy(self) -> int:
        """Delete files that no material needs; return how many."""
        strange = self.check().strange
        for name in strange:
            digest, _, ending = name.partition(".")
            self.shelf.remove(digest, ending)
        return len(strange)


def _judged(staged: Staged, said: About) -> Verdict:
    """Return what a file is, if it is what was said of it and stands for itself."""
    if said.sha256 and said.sha256 != staged.digest:
        raise Refused(
            "not_as_said",
            "Die Datei ist nicht die, die in material.toml steht: Sie wurde beim Kopieren "
            "beschädigt oder vertauscht. Bitte neu auf den Stick kopieren.",
        )
    verdict = judge.ask(staged.part)
    if verdict.format.kind == "captions":
        raise Refused(
            "captions",
            "Untertitel gehören zu einem Film: Bitte neben ihn legen, mit gleichem Namen.",
        )
    return verdict


def _require_captions(material: Material, staged: Staged) -> None:
    if material.kind not in PLAYED:
        raise Refused("captions", "Untertitel gehören zu einem Film oder einer Aufnahme.")
    if judge.ask(staged.part).ending != "vtt":
        raise Refused("captions", "Das sind keine Untertitel (WebVTT).")


def checked(made: Material) -> Material:
    """Return a material with tidy texts.

    :raises Refused: (of `edge.learning`) if something is not one that may be chosen.
    """
    words = {}
    for key in PAGES:
        if key in made.words:
            title = _line(made.words[key].title, f"title-{key}", MAX_TITLE)
            summary = _line(made.words[key].summary, f"summary-{key}", MAX_TEXT)
            if title:
                words[key] = Words(title, summary)
    if "de" not in words:
        raise WronglyEntered(
            "no German title", hint="Es fehlt, wie es heißt (auf Deutsch).", field="title-de"
        )
    for field, value, allowed in (
        ("language", made.language, ("", *LANGUAGES)),
        ("licence", made.licence, tuple(LICENCES)),
        ("subject", made.subject, SUBJECTS),
    ):
        if value not in allowed:
            raise WronglyEntered(f"no {field} {value!r}", hint="Bitte wählen.", field=field)
    new = replace(made, words=words, source=_line(made.source, "source", MAX_SOURCE))
    if not new.hidden and new.lacks:
        field = new.lacks[0]
        what = {"language": "die Sprache", "licence": "die Erlaubnis (Lizenz)"}[field]
        raise WronglyEntered(
            f"{field} is not known",
            hint=f"Bevor alle es sehen, muss {what} feststehen.",
            field=field,
        )
    return new


def _line(text: str, field: str, longest: int) -> str:
    if len(text) > longest:
        raise WronglyEntered(
            f"{field} is too long",
            hint=f"Das ist zu lang: höchstens {longest} Zeichen, es sind {len(text)}.",
            field=field,
        )
    return line(text, longest)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor looks for; empty is anything."""

    subject: str = ""
    language: str = ""
    kind: str = ""
    course: int | None = None


def shown(materials: Iterable[Material]) -> list[Material]:
    """Return what everybody may see."""
    return [one for one in materials if not one.hidden and not one.lacks]


def matching(materials: Sequence[Material], wish: Wish) -> list[Material]:
    """Return what fits a wish."""
    return [
        one
        for one in materials
        if wish.subject in ("", one.subject)
        and wish.language in ("", one.language)
        and wish.kind in ("", one.kind)
        and wish.course in (None, one.course)
    ]


def offered(materials: Sequence[Material]) -> Mapping[str, tuple[str, ...]]:
    """Return by which subjects and languages there is anything, in the order of the page."""
    subjects = {one.subject for one in materials}
    languages = {one.language for one in materials}
    return {
        "subject": tuple(one for one in SUBJECTS if one in subjects),
        "language": tuple(one for one in LANGUAGES if one in languages),
    }


__all__ = ["UNKNOWN", "MaterialDesk", "NoSuchMaterial", "Staged", "Taken", "Wish", "Wrong"]
