"""Which paths a call takes. Pure."""

from __future__ import annotations

from collections.abc import Collection

from edge.care.finding import Urgency
from edge.care.ladder.rung import Rung

SMS, SIREN, LAMP, NOTE = "sms", "siren", "lamp", "note"
PATHS = (SMS, SIREN, LAMP, NOTE)


def routes(
    rung: Rung, urgency: Urgency, there: Collection[str], *, has_phone: bool, is_place: bool
) -> tuple[str, ...]:
    """Return the paths of a call among those that are ``there``.

    The terminal shows every open alert and is no path of its own. A siren wakes the village: it
    sounds in an emergency alone, once helpers of the village are asked. Who has no telephone, or
    the hub no modem, gets a sheet of paper.
    """
    wanted = []
    if is_place:
        if rung in (Rung.LOCAL, Rung.CLIENT):
            wanted.append(LAMP)
        if rung is Rung.RESCUE:
            wanted += [LAMP, NOTE]
            if urgency is Urgency.EMERGENCY:
                wanted.append(SIREN)
    else:
        wanted.append(SMS if has_phone and SMS in there else NOTE)
        if rung is Rung.RESPONDER:
            wanted.append(SIREN if urgency is Urgency.EMERGENCY else LAMP)
    return tuple(one for one in wanted if one in there)
