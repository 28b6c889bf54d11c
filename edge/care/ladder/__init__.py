"""The ladder of people: from what a rule found to somebody who comes. Pure."""

from edge.care.ladder.alert import Alert, Call, Happening, Told
from edge.care.ladder.circle import Circle, Member, Quiet
from edge.care.ladder.life import Life, Now
from edge.care.ladder.machine import Ladder
from edge.care.ladder.plan import DEFAULT, Plan, Plans, Step
from edge.care.ladder.rung import Rung, State

__all__ = [
    "DEFAULT",
    "Alert",
    "Call",
    "Circle",
    "Happening",
    "Ladder",
    "Life",
    "Member",
    "Now",
    "Plan",
    "Plans",
    "Quiet",
    "Rung",
    "State",
    "Step",
    "Told",
]
