"""The papers of the learning point, in German words, ready to be set.

Each is what stands on it: no dates to format, nothing to look up. A text is a text wherever it is
set; none is ever part of a template. ``qr`` is SVG made by :mod:`edge.desk.paper`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What all have: whose it is and when it was made. ``made`` is a day in words."""

    template: ClassVar[str] = ""
    kind: ClassVar[str] = ""  # what people call it
    village: str
    hub: str
    made: str

    @property
    def title(self) -> str:
        """What the file is called where files are listed."""
        return f"{self.kind} – {self.village}"

    def content(self) -> dict[str, object]:
        """Return it as JSON can say it."""
        return {**asdict(self), "kind": self.kind, "title": self.title}


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipPaper(Paper):
    """The slip of who signed up. ``number`` as it is printed; ``lines`` say how it stands."""

    template: ClassVar[str] = "slip"
    kind: ClassVar[str] = "Anmelde-Zettel"
    course: str
    number: str
    state: str
    lines: tuple[str, ...]
    dates: tuple[str, ...]
    qr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One party on a list."""

    name: str
    party: int
    phone: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantList(Paper):
    """Who has a seat in a course, and who waits."""

    template: ClassVar[str] = "participants"
    kind: ClassVar[str] = "Teilnehmerliste"
    course: str
    season: str
    dates: tuple[str, ...]
    seats: str
    rows: tuple[Participant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSheet(Paper):
    """A table to sign, one column a session; ``spare`` empty rows for who just comes."""

    template: ClassVar[str] = "sign-in"
    kind: ClassVar[str] = "Unterschriftenliste"
    course: str
    season: str
    sessions: tuple[str, ...]
    names: tuple[str, ...]
    spare: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster(Paper):
    """What hangs on the door."""

    template: ClassVar[str] = "poster"
    kind: ClassVar[str] = "Aushang"
    course: str
    summary: str
    dates: tuple[str, ...]
    more_dates: str
    facts: tuple[tuple[str, str], ...]
    sign_up: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Paper):
    """That somebody took part. ``number`` names it; ``qr`` holds the signed proof."""

    template: ClassVar[str] = "certificate"
    kind: ClassVar[str] = "Teilnahme-Bescheinigung"
    name: str
    course: str
    summary: str
    when: str
    extent: str
    attended: str
    confirmed_by: str
    number: str
    signer: str
    check: str
    qr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """One competence of the framework, its number and what it is in short."""

    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetenceProof(Certificate):
    """What of DigComp a course taught somebody."""

    template: ClassVar[str] = "digcomp"
    kind: ClassVar[str] = "DigComp-Nachweis"
    framework: str
    areas: tuple[tuple[str, str], ...]  # area in words, level as the framework calls it
    competences: tuple[Competence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates(Paper):
    """The certificates of a course in one file, a page each."""

    template: ClassVar[str] = "certificates"
    kind: ClassVar[str] = "Bescheinigungen"
    course: str
    pages: tuple[Certificate, ...]

    def content(self) -> dict[str, object]:
        """Return it as JSON can say it."""
        mine: dict[str, object] = {
            "village": self.village, "hub": self.hub, "made": self.made, "course": self.course
        }  # fmt: skip
        pages = [{**one.content(), "template": one.template} for one in self.pages]
        return {**mine, "kind": self.kind, "title": self.title, "pages": pages}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thanks(Paper):
    """A volunteer's hours, thanked for. ``work`` is what was done, with its hours."""

    template: ClassVar[str] = "thanks"
    kind: ClassVar[str] = "Dank für ehrenamtliche Arbeit"
    name: str
    when: str
    hours: str
    work: tuple[tuple[str, str], ...]
    confirmed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One line of the rota. ``people`` may be fewer than ``wanted``."""

    time: str
    what: str
    people: tuple[str, ...]
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the rota."""

    day: str
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota(Paper):
    """Who does what when."""

    template: ClassVar[str] = "rota"
    kind: ClassVar[str] = "Dienstplan"
    when: str
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A number with its name, drawn as long as it is large."""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars of one subject; ``told`` says the same in a sentence."""

    title: str
    bars: tuple[Bar, ...]
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPart:
    """One period, or all together."""

    period: str
    enrolments: int
    visits: int
    taught: tuple[tuple[str, str, str, str], ...]  # area, courses, sessions, units
    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingReport(Paper):
    """What is told to those who pay."""

    template: ClassVar[str] = "report"
    kind: ClassVar[str] = "Bericht an die Förderer"
    least: int
    parts: tuple[ReportPart, ...] = field(default=())
