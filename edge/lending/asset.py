"""What can be lent, and one loan of it: what they hold and when they are in order.

A loan names nobody: who borrows stands in `personal.db` alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from edge.learning.course import many_lines, one_line
from edge.learning.errors import Refused

Kind = Literal["device", "room"]
KINDS: tuple[Kind, ...] = ("device", "room")
AssetState = Literal["ready", "broken", "gone"]
LoanState = Literal["reserved", "out", "back", "cancelled", "lapsed"]
LIVE: tuple[LoanState, ...] = ("reserved", "out")  # what takes the asset from others
Condition = Literal["good", "incomplete", "damaged"]
CONDITIONS: tuple[Condition, ...] = ("good", "incomplete", "damaged")

MAX_NAME = 80
MAX_SHELF = 40
MAX_TEXT = 1000
MAX_DAYS = 60
MAX_DEPOSIT_CENTS = 100_000
MAX_BUFFER_MINUTES = 24 * 60
ROOM_BUFFER_MINUTES = 15  # to air and to put the chairs back


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something to lend. ``parts`` is what belongs to it, a line each; ``shelf`` where it lies.

    ``longest_days`` of a device's loan; ``buffer_minutes`` between two loans. A room of courses has
    their ``room_id``: its sessions and loans keep out of each other's way. ``fault`` says what is
    broken. ``rev`` counts the changes; ``asset`` is 0 before it is kept.
    """

    kind: Kind
    name: str
    asset: int = 0
    room_id: str | None = None
    shelf: str = ""
    parts: str = ""
    notes: str = ""
    longest_days: int = 14
    deposit_cents: int = 0
    buffer_minutes: int = 0
    state: AssetState = "ready"
    fault: str = ""
    rev: int = 0

    @property
    def buffer_ms(self) -> int:
        """Return how long must lie between two loans."""
        return self.buffer_minutes * 60_000


@dataclass(frozen=True, slots=True)
class Loan:
    """One loan. It takes the asset from ``starts_at`` to ``ends_at``, ms since 1970, UTC."""

    loan: int
    asset: int
    starts_at: int
    ends_at: int
    state: LoanState
    made_at: int
    out_at: int | None = None
    back_at: int | None = None
    condition: Condition | None = None
    remark: str = ""


def checked(asset: Asset) -> Asset:
    """Return an asset with its texts tidied.

    :raises Refused: saying what is wrong, in which field.
    """
    if asset.kind not in KINDS:
        raise Refused(f"kind {asset.kind!r}", hint="Möglich sind: Gerät, Raum.", field="kind")
    bounds = (
        ("longest_days", asset.longest_days, 1, MAX_DAYS),
        ("deposit_cents", asset.deposit_cents, 0, MAX_DEPOSIT_CENTS),
        ("buffer_minutes", asset.buffer_minutes, 0, MAX_BUFFER_MINUTES),
    )
    for name, value, least, most in bounds:
        if not least <= value <= most:
            raise Refused(
                f"{name} is {value}", hint=f"Möglich ist hier {least} bis {most}.", field=name
            )
    if asset.room_id is not None and asset.kind != "room":
        raise Refused(
            "a device in the place of a room",
            hint="Nur ein Raum kann ein Raum der Kurse sein.",
            field="room_id",
        )
    return replace(
        asset,
        name=one_line(asset.name, "name", MAX_NAME, least=1),
        shelf=one_line(asset.shelf, "shelf", MAX_SHELF),
        parts=many_lines(asset.parts, "parts", MAX_TEXT),
        notes=many_lines(asset.notes, "notes", MAX_TEXT),
        fault=one_line(asset.fault, "fault", MAX_TEXT) if asset.state == "broken" else "",
    )


def condition_of(text: str) -> Condition:
    """Return the condition that was chosen.

    :raises Refused: if it is none.
    """
    for one in CONDITIONS:
        if text == one:
            return one
    raise Refused(f"condition {text!r}", hint="Bitte wählen, wie es zurückkam.", field="condition")


def euros(cents: int) -> str:
    """Return an amount as people write it, such as `12,50 €`."""
    return f"{cents // 100},{cents % 100:02d} €"


def cents_of(text: str) -> int:
    """Return what was written as an amount in euros; nothing is 0.

    :raises Refused: if it is none.
    """
    found = re.fullmatch(r"([0-9]{1,5})(?:[.,]([0-9]{1,2}))?", text.replace("€", "").strip() or "0")
    if found is None:
        raise Refused(
            f"{text!r} is no amount",
            hint="Bitte einen Betrag in Euro schreiben, zum Beispiel 20 oder 12,50.",
            field="deposit_cents",
        )
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
