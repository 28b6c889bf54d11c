"""What the page says of a checked proof, in the visitor's language. Knows no Flask."""

from __future__ import annotations

from dataclasses import dataclass

from edge.badges.proof import Proof
from edge.web import words
from edge.web.tongue import later, say

_STATES = {
    "valid": ("success", later("Diese Bescheinigung ist echt.")),
    "foreign": ("info", later("Unterschrieben, aber nicht von diesem Hub.")),
    "revoked": ("danger", later("Diese Bescheinigung wurde zurückgenommen.")),
    "stolen": ("danger", later("Diese Bescheinigung gilt nicht.")),
}
_TEXTS = {
    "valid": later("Dieser Hub hat sie ausgestellt, und nichts daran wurde verändert."),
    "foreign": later(
        "Nichts daran wurde verändert. Wer unterschrieben hat, kann dieser Hub aber nicht sagen: "
        "Bitte dort fragen, wo sie ausgestellt wurde."
    ),
    "revoked": later("Sie war einmal echt, gilt aber nicht mehr. Bitte am Tisch fragen."),
    "stolen": later(
        "Sie ist mit einem Schlüssel unterschrieben, den jemand gestohlen hat. Bitte am Tisch "
        "fragen."
    ),
}
_KINDS = {
    "CertificateOfCompletion": later("Teilnahme-Bescheinigung"),
    "Competency": later("DigComp-Nachweis"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What is shown. ``facts`` are pairs of a name and what it is; texts of a proof are German."""

    mood: str
    title: str
    text: str
    name: str | None
    kind: str
    facts: list[tuple[str, str]]
    said: list[tuple[str, str]]
    competences: list[tuple[str, str]]


def result(proof: Proof) -> Result:
    """Return a checked proof in words."""
    mood, title = _STATES[proof.state]
    said = [(say("Kurs oder Veranstaltung"), proof.course), (say("Umfang"), proof.extent)]
    said += [(say("Bedingung"), proof.criteria), (say("Ausgestellt von"), proof.issuer)]
    return Result(
        mood=mood,
        title=say(title),
        text=say(_TEXTS[proof.state]),
        name=proof.name,
        kind=say(_KINDS[proof.kind]) if proof.kind in _KINDS else "",
        facts=[
            (say("Ausgestellt am"), words.date(words.local(proof.at_ms))),
            (say("Nummer"), proof.number),
            (say("Schlüssel"), proof.signer.rpartition(":")[2]),
        ],
        said=[(name, value) for name, value in said if value],
        competences=[
            (
                f"{one.framework}, {one.code}".strip(", "),
                f"{one.name}{f' – {one.level}' if one.level else ''}",
            )
            for one in proof.alignments
        ],
    )
