"""What may be entered for an account: a name, a password. Pure."""

from __future__ import annotations

from edge.access.errors import AccessError

MAX_NAME = 80
LEAST_PASSWORD, MOST_PASSWORD = 10, 200
_LEAST_SIGNS = 5  # different ones


def check_name(typed: str) -> str:
    """Return a person's name as it is kept.

    :raises AccessError: if it is empty, long, or not in one line.
    """
    name = " ".join(typed.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise AccessError(
            "a name",
            hint=f"Bitte einen Namen eintragen, höchstens {MAX_NAME} Zeichen.",
            field="person",
        )
    return name


def check_password(typed: str) -> None:
    """Let a password pass that is not quickly guessed.

    :raises AccessError: if it is short, long, or of few different signs.
    """
    if not LEAST_PASSWORD <= len(typed) <= MOST_PASSWORD:
        raise AccessError(
            "a password's length",
            hint=f"Ein Passwort hat mindestens {LEAST_PASSWORD} Zeichen. Drei Wörter, die nicht "
            "zusammengehören, merkt man sich gut.",
            field="passwort",
        )
    if len(set(typed)) < _LEAST_SIGNS:
        raise AccessError(
            "a password's signs",
            hint="Das ist zu leicht zu erraten. Drei Wörter, die nicht zusammengehören, merkt man "
            "sich gut.",
            field="passwort",
        )
