"""Alerts and questions as Tasks, messages as Communications. Pure.

Source: FHIR R4, 12.3 Task, 12.2 Communication.
"""

from __future__ import annotations

from edge.care.finding import Urgency
from edge.fhir.identity import CASE, RULE, Resource, concept, moment, reference, without_empty
from edge.fhir.observation import Whose
from edge.fhir.parties import HUB
from edge.fhir.record import Escalation, Message, Question, TaskState

_STATUS = {
    TaskState.RAISED: "requested",
    TaskState.ACKNOWLEDGED: "accepted",
    TaskState.ENDED: "completed",
    TaskState.CANCELLED: "cancelled",
}
_PRIORITY = {
    Urgency.NOTE: "routine",
    Urgency.TODAY: "urgent",
    Urgency.URGENT: "asap",
    Urgency.EMERGENCY: "stat",
}


def task(whose: Whose, raised: Escalation) -> Resource:
    """Return an escalation as a Task."""
    return without_empty(
        {
            "resourceType": "Task",
            "id": whose.id("task", raised.number),
            "status": _STATUS[raised.state],
            "intent": "order",
            "priority": _PRIORITY[raised.urgency],
            "code": concept(RULE, raised.rule, raised.words),
            "description": raised.words,
            "for": whose.patient,
            "authoredOn": moment(raised.since, whose.zone),
            "lastModified": moment(max(raised.changed_at, raised.since), whose.zone),
            "requester": reference("Device", whose.id("device", HUB)),
            "owner": {"display": raised.owner} if raised.owner else None,
            "restriction": None
            if raised.due_at is None
            else {"period": {"end": moment(raised.due_at, whose.zone)}},
            "input": [
                {
                    "type": {"text": name},
                    "valueString": f"{value:g}" if isinstance(value, float) else str(value),
                }
                for name, value in raised.facts.items()
                if value != ""
            ],
        }
    )


def question(whose: Whose, asked: Question) -> Resource:
    """Return a case as a Task: what is asked lies in the sealed letter alone."""
    words = "Frage an die Praxis"
    return without_empty(
        {
            "resourceType": "Task",
            "id": whose.id("case", asked.case),
            "identifier": [{"system": CASE, "value": asked.case}],
            "status": asked.status,
            "intent": "order",
            "code": {"text": words},
            "description": f"{words}, Fall {asked.case[:8]}",
            "for": whose.patient,
            "authoredOn": moment(asked.asked_at, whose.zone),
            "lastModified": moment(max(asked.changed_at, asked.asked_at), whose.zone),
            "requester": reference("Device", whose.id("device", HUB)),
        }
    )


def communication(whose: Whose, message: Message) -> Resource:
    """Return a message as a Communication."""
    hub = reference("Device", whose.id("device", HUB))
    return without_empty(
        {
            "resourceType": "Communication",
            "id": whose.id("communication", message.key),
            "basedOn": None
            if message.about is None
            else [reference("Task", whose.id("task", message.about))],
            "status": "completed",
            "subject": whose.patient,
            "sent": moment(message.sent_at, whose.zone),
            "recipient": [hub] if message.from_practice else [{"display": "Praxis"}],
            "sender": {"display": "Praxis"} if message.from_practice else hub,
            "payload": [{"contentString": message.text}] if message.text.strip() else None,
        }
    )
