"""Opening personal.db without a person: at the start and each minute."""

from __future__ import annotations

from edge.config import Config
from edge.unlock.errors import NotSetUp
from edge.worker.jobs import Outcome


def unlock(config: Config) -> Outcome:
    """Open with key server and stick, if that is set up and both are there.

    :raises UnlockError: if the record is damaged or the stick another hub's.
    """
    from edge.unlock.opener import Opener  # noqa: PLC0415 - cryptography, for hubs that use it

    try:
        is_open = Opener.of(config).without_person()
    except NotSetUp:
        return Outcome("ok")
    return Outcome("ok") if is_open else Outcome("locked", "Es fehlen Stick, Server oder PIN.")
