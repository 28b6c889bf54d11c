"""What stands on the pages of a scale's users: numbers, how it stands with them, and no code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edge.collect.ble.user_words import state_hint, state_word
from edge.store.scale_users import ScaleUser, UserState
from edge.store.village_rows import Request

Mood = Literal["good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class UserView:
    """One user. ``number`` is as the scale shows it."""

    number: int
    state: str
    hint: str
    mood: Mood


@dataclass(frozen=True, slots=True)
class UserProgress:
    """How far a request has come: it ``registers`` a new user, ``tells`` data, or tries a code."""

    step: Literal["waiting", "failed", "done"]
    registers: bool
    tells: bool
    number: int | None = None
    hint: str = ""


def user_views(users: Sequence[ScaleUser]) -> tuple[UserView, ...]:
    """Return those who have a number."""
    return tuple(
        UserView(one.index, state_word(one), state_hint(one), mood_of(one))
        for one in users
        if one.index is not None
    )


def mood_of(user: ScaleUser) -> Mood:
    """Return how loud the page is to be about a user."""
    if user.state is UserState.OK:
        return "good"
    return "warn" if user.state in {UserState.NEW, UserState.WAITS} else "bad"


def progress_of_user(request: Request, unserved: str) -> UserProgress:
    """Return how far a request has come; ``unserved`` is why nobody serves it, if so."""
    action = request.arguments.get("action")
    what = action == "register", action == "data"
    result = request.result or {}
    index = result.get("index")
    if request.state == "open" and not unserved:
        return UserProgress("waiting", *what)
    if request.state != "done" or not isinstance(index, int):
        hint = unserved or str(result.get("hint") or _NO_HINT)
        return UserProgress("failed", *what, hint=hint)
    return UserProgress("done", *what, index)


_NO_HINT = "Warum, steht im Protokoll des Hubs. Bitte noch einmal versuchen."
