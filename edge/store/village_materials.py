"""The catalogue of materials in village.db. Use through `edge.store.village.VillageStore`.

A material is edited as a whole: who writes says which revision it was read at, and is told if
another was faster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from edge.material.kinds import UNKNOWN, Kind
from edge.store.connection import Connection, Driver, Row
from edge.store.errors import StoreError

MAX_REFUSED = 200  # the newest are kept
GERMAN = "de"
CameBy = Literal["stick", "upload", "command"]


class NoSuchMaterial(StoreError):
    """There is no material of that number."""

    def __init__(self, material: int) -> None:
        super().__init__(f"no material {material}", hint="Alle zeigt: dorfhub material list")


@dataclass(frozen=True, slots=True)
class Words:
    """What a material is called in one language."""

    title: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """One material. ``pages`` of a PDF, entries of a ZIM; ``tracks``: captions by language."""

    sha256: str
    ending: str
    kind: Kind
    file_name: str
    size: int
    pages: int = 0
    duration_ms: int | None = None
    language: str = ""
    licence: str = UNKNOWN
    subject: str = ""
    source: str = ""
    course: int | None = None
    added_at: int = 0
    hidden: bool = True
    rev: int = 1
    material: int = 0
    words: Mapping[str, Words] = field(default_factory=dict)
    tracks: Mapping[str, str] = field(default_factory=dict)

    def said(self, language: str) -> tuple[str, Words]:
        """Return the title in a language, or the nearest, and which language that is."""
        for key in (language, GERMAN, self.language, *self.words):
            if key in self.words:
                return key, self.words[key]
        return GERMAN, Words(self.file_name)

    @property
    def lacks(self) -> tuple[str, ...]:
        """Return what must be known before it may be shown: `language`, `licence`."""
        known = {"language": self.language, "licence": self.licence.replace(UNKNOWN, "")}
        return tuple(what for what, value in known.items() if not value)


class MaterialEdited(StoreError):
    """Somebody else changed the material. ``mine`` was not stored, ``theirs`` is what stands."""

    hint = "Jemand anderes hat dieses Material inzwischen geändert. Es ist nichts verloren."

    def __init__(self, mine: Material, theirs: Material) -> None:
        super().__init__(f"material {theirs.material} is at revision {theirs.rev}, not {mine.rev}")
        self.mine = mine
        self.theirs = theirs


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was not taken, and why."""

    at: int
    name: str
    size: int
    code: str
    reason: str
    came_by: CameBy


class Materials:
    """The part of village.db about materials; use :class:`edge.store.village.VillageStore`.

    :raises StoreError: or one of its kinds, from any method.
    """

    connection: Connection

    def add_material(self, made: Material, pages: Sequence[str] = ()) -> tuple[Material, bool]:
        """Keep a material; return it, and False if the same file was there already."""
        with self.connection.transaction() as driver:
            known = driver.execute(
                "SELECT material FROM material WHERE sha256 = ?", (made.sha256,)
            ).fetchone()
            if known:
                return _one(driver, int(known[0])), False
            cursor = driver.execute(
                f"INSERT INTO material ({_COLUMNS})"  # noqa: S608  # constant text
                f" VALUES (?{', ?' * (len(_NAMES) - 1)})",
                tuple(getattr(made, name) for name in _NAMES),
            )
            number = int(cursor.lastrowid or 0)
            _write_words(driver, number, made)
            driver.executemany(
                "INSERT INTO material_page (material, page, text) VALUES (?, ?, ?)",
                [(number, page, text) for page, text in enumerate(pages, 1) if text],
            )
            return _one(driver, number), True

    def change_material(self, changed: Material) -> Material:
        """Keep what people say of a material that was read at its ``rev``.

        :raises MaterialEdited: if somebody else changed it since.
        :raises NoSuchMaterial: if it is gone.
        """
        with self.connection.transaction() as driver:
            before = _one(driver, changed.material)
            if before.rev != changed.rev:
                raise MaterialEdited(changed, before)
            driver.execute(
                "UPDATE material SET language = ?, licence = ?, subject = ?, source = ?,"
                " course = ?, hidden = ?, rev = rev + 1 WHERE material = ?",
                (
                    changed.language,
                    changed.licence,
                    changed.subject,
                    changed.source,
                    changed.course,
                    int(changed.hidden),
                    changed.material,
                ),
            )
            _write_words(driver, changed.material, changed)
            return _one(driver, changed.material)

    def add_tracks(self, material: int, tracks: Mapping[str, str]) -> None:
        """Add captions, in the place of those of the same language."""
        with self.connection.transaction() as driver:
            driver.executemany(
                "INSERT INTO material_track (material, language, sha256) VALUES (?, ?, ?)"
                " ON CONFLICT (material, language) DO UPDATE SET sha256 = excluded.sha256",
                [(material, language, digest) for language, digest in tracks.items()],
            )

    def remove_material(self, material: int) -> tuple[Material, tuple[str, ...]]:
        """Forget a material; return it, and the captions that no other material needs.

        :raises NoSuchMaterial: if there is none of that number.
        """
        with self.connection.transaction() as driver:
            found = _one(driver, material)
            driver.execute("DELETE FROM material WHERE material = ?", (material,))
            rest = tuple(
                digest
                for digest in dict.fromkeys(found.tracks.values())
                if not driver.execute(
                    "SELECT 1 FROM material_track WHERE sha256 = ?", (digest,)
                ).fetchone()
            )
        return found, rest

    def material(self, material: int) -> Material:
        """Return one.

        :raises NoSuchMaterial: if there is none of that number.
        """
        found = self.materials(only=material)
        if not found:
            raise NoSuchMaterial(material)
        return found[0]

    def materials(self, *, only: int | None = None) -> list[Material]:
        """Return all, the newest first."""
        rows = self.connection.rows(
            f"SELECT material, {_COLUMNS} FROM material"  # noqa: S608  # constant text
            " WHERE ?1 IS NULL OR material = ?1 ORDER BY material DESC",
            (only,),
        )
        words = self.connection.rows(
            "SELECT material, language, title, summary FROM material_text"
            " WHERE ?1 IS NULL OR material = ?1 ORDER BY material, language",
            (only,),
        )
        tracks = self.connection.rows(
            "SELECT material, language, sha256 FROM material_track"
            " WHERE ?1 IS NULL OR material = ?1 ORDER BY material, language",
            (only,),
        )
        return _gathered(rows, words, tracks)

    def material_page(self, material: int, page: int) -> str:
        """Return the text of a page, empty if there is none."""
        row = self.connection.row(
            "SELECT text FROM material_page WHERE material = ? AND page = ?", (material, page)
        )
        return str(row[0]) if row else ""

    def readable_pages(self, material: int) -> int:
        """Return how many pages have text."""
        row = self.connection.row(
            "SELECT count(*) FROM material_page WHERE material = ?", (material,)
        )
        return int(str(row[0])) if row else 0

    def refuse_material(self, refused: RefusedFile) -> None:
        """Note what was not taken."""
        with self.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO material_refused (at, name, size, code, reason, came_by)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    refused.at,
                    refused.name,
                    refused.size,
                    refused.code,
                    refused.reason,
                    refused.came_by,
                ),
            )
            driver.execute(
                "DELETE FROM material_refused WHERE refused <="
                " (SELECT max(refused) FROM material_refused) - ?",
                (MAX_REFUSED,),
            )

    def refused_materials(self, limit: int = MAX_REFUSED) -> list[RefusedFile]:
        """Return what was not taken, the newest first."""
        rows = self.connection.rows(
            "SELECT at, name, size, code, reason, came_by FROM material_refused"
            " ORDER BY refused DESC LIMIT ?",
            (limit,),
        )
        return [RefusedFile(*row) for row in rows]  # type: ignore[arg-type]  # STRICT columns

    def forget_refused(self, before: int | None = None) -> int:
        """Empty the list of what was not taken, or of what was before a time; return how many."""
        with self.connection.transaction() as driver:
            gone = driver.execute(
                "DELETE FROM material_refused WHERE at < coalesce(?1, at + 1)", (before,)
            )
        return int(gone.rowcount)


_NAMES = (
    *("sha256", "ending", "kind", "file_name", "size", "pages", "duration_ms", "language"),
    *("licence", "subject", "source", "course", "added_at", "hidden", "rev"),
)
_COLUMNS = ", ".join(_NAMES)


def _write_words(driver: Driver, number: int, made: Material) -> None:
    driver.execute("DELETE FROM material_text WHERE material = ?", (number,))
    driver.executemany(
        "INSERT INTO material_text (material, language, title, summary) VALUES (?, ?, ?, ?)",
        [(number, language, one.title, one.summary) for language, one in made.words.items()],
    )


def _one(driver: Driver, number: int) -> Material:
    rows = driver.execute(
        f"SELECT material, {_COLUMNS} FROM material WHERE material = ?",  # noqa: S608  # constants
        (number,),
    ).fetchall()
    if not rows:
        raise NoSuchMaterial(number)
    words = driver.execute(
        "SELECT material, language, title, summary FROM material_text WHERE material = ?",
        (number,),
    ).fetchall()
    tracks = driver.execute(
        "SELECT material, language, sha256 FROM material_track WHERE material = ?", (number,)
    ).fetchall()
    return _gathered(rows, words, tracks)[0]


def _gathered(rows: Iterable[Row], words: Iterable[Row], tracks: Iterable[Row]) -> list[Material]:
    said: dict[object, dict[str, Words]] = {}
    for material, language, title, summary in words:
        said.setdefault(material, {})[str(language)] = Words(str(title), str(summary))
    captions: dict[object, dict[str, str]] = {}
    for material, language, digest in tracks:
        captions.setdefault(material, {})[str(language)] = str(digest)
    found = []
    for number, *values in rows:
        one = Material(**dict(zip(_NAMES, values, strict=True)))  # type: ignore[arg-type]
        found.append(
            replace(
                one,
                material=int(str(number)),
                hidden=bool(one.hidden),
                words=said.get(number, {}),
                tracks=captions.get(number, {}),
            )
        )
    return found
