"""How one hub does in a round: while it is visited, and as it is told afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sync.carrier.base import Carrier
from sync.county.inbox import Inbox
from sync.county.intake import Staged
from sync.county.lake import Stream
from sync.county.ledger import Hub
from sync.county.reasons import OK


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one hub did in a round. ``code`` is `ok` or a reason; ``way`` is where we asked.

    Counts are of what this round brought; ``position`` is how far the lake holds ``epoch``.
    ``again`` says, in German, how it stands with a range that was asked for again.
    """

    hub: str
    name: str
    way: str
    code: str = OK
    message: str = ""
    bundles: int = 0
    segments: int = 0
    readings: int = 0
    sealed: int = 0
    unread: int = 0
    erased: int = 0
    delivered: int = 0
    again: str = ""
    epoch: str | None = None
    position: int = 0

    def with_staged(self, staged: Staged) -> Outcome:
        """Return it with what one bundle brought."""
        return replace(
            self,
            bundles=self.bundles + 1,
            segments=self.segments + len(staged.entries),
            readings=self.readings + staged.readings,
            sealed=self.sealed + staged.sealed,
            unread=self.unread + staged.unread,
            erased=self.erased + staged.erased,
        )


@dataclass(slots=True)
class Visit:
    """One hub in one round."""

    hub: Hub
    carrier: Carrier
    inbox: Inbox
    outcome: Outcome
    tails: dict[Stream, int] = field(default_factory=dict)  # how far we hold it, lake or batch
    last: dict[Stream, int] = field(default_factory=dict)  # how far the hub says it has it
    staged: list[Staged] = field(default_factory=list)  # in the batch, not yet in the lake

    @property
    def good(self) -> bool:
        """True as long as nothing went wrong."""
        return self.outcome.code == OK

    def fail(self, code: str, message: str) -> None:
        """Note why it does not go on."""
        if self.good:  # the first reason is the one that explains the others
            self.outcome = replace(self.outcome, code=str(code), message=message)
