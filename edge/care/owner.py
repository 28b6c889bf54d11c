"""Whose measurement it is: settled by the device's user and by a person, never guessed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from edge.store.personal_rows import Assignment

LATE_DELIVERY_MS = 7 * 86_400_000  # the first contact after a handover brings what is left


def has_several_users(assignments: Sequence[Assignment], users: int, *, announced: bool) -> bool:
    """Tell whether a device is used by more than one person, as far as anybody knows.

    ``users`` is how many different users its values named so far, ``announced`` that it says of
    itself that it tells users apart. Who gave one of its buttons to a person has said so, too.
    """
    return announced or users > 1 or any(one.user_index is not None for one in assignments)


def owner(
    assignments: Sequence[Assignment],
    user: int | None,
    moment: int | None,
    *,
    several: bool,
    arrived: int | None = None,
) -> int | None:
    """Return whose measurement it is, None if nobody said so yet.

    ``assignments`` are all there ever were of the device, ``user`` is what the value names,
    ``several`` what :func:`has_several_users` says. A user's own assignment goes before the
    device's as a whole. Where a value names a user, or several use the device, an assignment
    counts once it is confirmed. Unconfirmed it counts for values that name nobody, of a device
    that one person has.

    A device that changes hands still delivers its former owner's readings, but not for ever: what
    ``arrived`` long after the handover and says that it is from before has a clock that was reset,
    or was forgotten, and waits for a person's word. Without ``arrived`` that is not asked. What
    was measured before anybody had it is the first owner's: it was stored before the device was
    assigned. Where nobody knows the ``moment`` (None), it is the present owner's.

    A clock that was set back can make two people's times overlap: then nobody knows.
    """
    asked = [
        one
        for one in assignments
        if (one.user_index is None or one.user_index == user) and not _is_empty(one)
    ]
    if moment is None:
        held = [one for one in asked if one.valid_until is None]
    else:
        held = [one for one in asked if one.holds_at(moment)]
        first = min((one.valid_from for one in asked), default=moment)
        if moment < first:
            held = [one for one in asked if one.valid_from == first]
    specific = [one for one in held if one.user_index is not None]
    chosen = specific or held
    if len({one.person for one in chosen}) != 1:
        return None
    must_be_confirmed = several or user is not None
    if must_be_confirmed and chosen[-1].confirmed_at is None:
        return None
    if moment is not None and arrived is not None and _is_too_late(asked, chosen[-1], arrived):
        return None
    return chosen[-1].person


def _is_empty(one: Assignment) -> bool:
    """Tell whether it never held: it was taken back at once, or by a clock that was set back."""
    return one.valid_until is not None and one.valid_until <= one.valid_from


def _is_too_late(asked: Sequence[Assignment], chosen: Assignment, arrived: int) -> bool:
    """Tell whether ``chosen`` is a former owner's, who gave the device away long before."""
    now = [one for one in asked if one.holds_at(arrived)]
    present = ([one for one in now if one.user_index is not None] or now)[-1:]
    if present and present[0].person == chosen.person:
        return False
    over = present[0].valid_from if present else chosen.valid_until
    return over is not None and arrived - over > LATE_DELIVERY_MS
