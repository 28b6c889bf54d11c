"""Consents. Pure.

Source: FHIR R4, 6.2 Consent; GDPR Art. 9(2)(a).
"""

from __future__ import annotations

import base64

from edge.care.consent import CARE, Consent
from edge.care.kinds import WORDS
from edge.fhir.identity import DATA_KIND, Resource, concept, moment, without_empty
from edge.fhir.observation import Whose
from edge.fhir.vitals import LOINC

_GDPR = "http://data.europa.eu/eli/reg/2016/679/oj"
_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_ROLE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_RECIPIENTS = {"hub": "der Dorfhub", "county": "der Pflegedienst über den Landkreis"}


def consent(whose: Whose, given: Consent, *, own_copy: bool = False) -> Resource:
    """Return a consent; the person's own sentence only in the person's own copy."""
    recipient = _RECIPIENTS.get(given.recipient, "ein Empfänger aus dem Kreis der Person")
    period: Resource = {"start": moment(given.given_at, whose.zone)}
    if given.withdrawn_at is not None:
        # a clock that was set back can make it look withdrawn before it was given
        end = max(given.withdrawn_at, given.given_at)
        period["end"] = moment(end, whose.zone)
    words = WORDS.get(given.data_kind, given.data_kind)
    provision: Resource = {
        "type": "permit",
        "period": period,
        "actor": [{"role": _irecp(), "reference": {"display": recipient}}],
        "purpose": [
            {"system": _REASON, "code": "CAREMGT" if given.purpose == CARE else "HSYSADMIN"}
        ],
        "code": [concept(DATA_KIND, given.data_kind, words)],
    }
    sentence: Resource | None = None
    if own_copy and given.sentence:
        data = base64.b64encode(given.sentence.encode()).decode("ascii")
        sentence = {"contentType": "text/plain;charset=UTF-8", "language": "de", "data": data}
    return without_empty(
        {
            "resourceType": "Consent",
            "id": whose.id("consent", given.consent),
            "status": "active" if given.withdrawn_at is None else "inactive",
            "scope": concept(_SCOPE, "patient-privacy", "Datenschutz"),
            "category": [concept(LOINC, "59284-0", "Einwilligung", "Consent Document")],
            "patient": whose.patient,
            "dateTime": moment(given.given_at, whose.zone),
            "sourceAttachment": sentence,
            "policy": [{"uri": _GDPR}],
            "provision": provision,
        }
    )


def _irecp() -> Resource:
    return concept(_ROLE, "IRCP", "Empfänger", "information recipient")
