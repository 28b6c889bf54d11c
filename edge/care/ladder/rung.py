"""The rungs of the ladder, and how an alert may stand. Pure."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Rung(IntEnum):
    """Who is asked, from the nearest to the furthest."""

    LOCAL = 1  # a light or a tone where the person is: whoever is well cancels it there
    CLIENT = 2  # the terminal asks, and a person telephones
    RELATIVE = 3
    RESPONDER = 4  # of the village
    NURSE = 5
    DOCTOR = 6  # the practice on call, or 116117
    RESCUE = 7  # 112: a text to read out; a person dials


# these are asked at a place too, not only of somebody in the circle: 116117 is always there
PLACES = frozenset({Rung.LOCAL, Rung.CLIENT, Rung.DOCTOR, Rung.RESCUE})
# here it is still the person's own to say that all is well
OWN = frozenset({Rung.LOCAL, Rung.CLIENT})


class State(StrEnum):
    """How an alert stands.

    It climbs or somebody has it: then there is a next step (`Alert.due`). All others have ended, or
    wait for a person, and say so by their name.
    """

    NOTED = "noted"  # for the next round: nobody is called
    ASKED = "asked"  # the person is asked to measure again: nobody else is called
    CLIMBING = "climbing"
    TOP = "top"  # everybody was called and nobody answered
    TAKEN = "taken"  # somebody acknowledged it
    HANDED = "handed"  # and gave it to somebody who has not yet
    OVER = "over"  # over by itself, before anybody acknowledged it
    CANCELLED = "cancelled"  # the person said that all is well
    CLOSED = "closed"  # somebody said how it ended


# nothing is to be done any more: not shown
ENDED = frozenset({State.CANCELLED, State.CLOSED})
# somebody still has to answer
UNANSWERED = frozenset({State.CLIMBING, State.TOP})
# with a next step, always
RUNNING = frozenset({State.CLIMBING, State.TAKEN, State.HANDED})
