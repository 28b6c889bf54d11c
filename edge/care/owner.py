"""Whose measurement it is: settled by the device's user and by a person, never guessed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from edge.store.personal_rows import Assignment


def has_several_users(assignments: Sequence[Assignment], users: int, *, announced: bool) -> bool:
    """Tell whether a device is used by more than one person, as far as anybody knows.

    ``users`` is how many different users its values named so far, ``announced`` that it says of
    itself that it tells users apart. Who gave one of its buttons to a person has said so, too.
    """
    return announced or users > 1 or any(one.user_index is not None for one in assignments)


def owner(
    assignments: Sequence[Assignment], user: int | None, moment: int | None, *, several: bool
) -> int | None:
    """Return whose measurement it is, None if nobody said so yet.

    ``assignments`` are all there ever were of the device, ``user`` is what the value names,
    ``several`` what :func:`has_several_users` says. A user's own assignment goes before the
    device's as a whole, and counts once it is confirmed. The whole device's counts unconfirmed
    only where nobody else uses it.

    A device that changes hands still delivers its former owner's readings. What was measured
    before anybody had it is the first owner's: it was stored before the device was assigned.
    Where nobody knows the ``moment`` (None), it is the present owner's.
    """
    asked = [one for one in assignments if one.user_index is None or one.user_index == user]
    if moment is None:
        held = [one for one in asked if one.valid_until is None]
    else:
        held = [one for one in asked if one.holds_at(moment)]
        first = min((one.valid_from for one in asked), default=moment)
        if moment < first:
            held = [one for one in asked if one.valid_from == first]
    specific = [one for one in held if one.user_index is not None]
    chosen = (specific or held)[-1:]
    if not chosen or (several and chosen[0].confirmed_at is None):
        return None
    return chosen[0].person
