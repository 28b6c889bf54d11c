"""What a villager entered to sign up, from the form to the desk and back; knows no Flask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.desk import SignupDesk, Slip
from edge.store.errors import Locked

MAX_DIGITS = 9  # of a number in a form; more is no number of ours


@dataclass(frozen=True, slots=True)
class SignupForm:
    """The fields as they were written. ``problem`` says what is wrong, in ``field`` or at all.

    ``token`` makes one sign-up however often the form is sent; ``dates_rev`` says which dates it
    showed.
    """

    token: str
    dates_rev: int
    name: str = ""
    phone: str = ""
    party: int = 1
    age_band: str = ""
    gender: str = ""
    field: str = ""
    problem: str = ""

    def again(
        self, *, dates_rev: int | None = None, field: str = "", problem: str = ""
    ) -> SignupForm:
        """Return the form as it is asked for once more."""
        rev = self.dates_rev if dates_rev is None else dates_rev
        return replace(self, dates_rev=rev, field=field, problem=problem)

    def error(self, field: str) -> str:
        """Return what is wrong in a field."""
        return self.problem if field == self.field else ""

    @property
    def tells_more(self) -> bool:
        """Whether something of the statistics was answered, or is wrong."""
        return bool(self.age_band or self.gender or self.field in ("age_band", "gender"))

    def sent(self, desk: SignupDesk, course: int, card: bytes | None) -> Slip:
        """Sign up; with a card the sign-up is its owner's, if it is their name.

        :raises LearningError: as `SignupDesk.signup`.
        :raises StoreError: likewise.
        """

        def signup(card_hash: bytes | None) -> Slip:
            return desk.signup(
                course,
                self.name,
                self.party,
                phone=self.phone,
                age_band=self.age_band,
                gender=self.gender,
                token=self.token or "-",  # None would make one up
                seen_dates=self.dates_rev,
                card_hash=card_hash,
            )

        try:
            return signup(card)
        except Locked:
            if card is None:
                raise
            return signup(None)  # whose card it is cannot be looked up now; the name is there


def entered(fields: Mapping[str, str]) -> SignupForm:
    """Return what a browser sent. What is missing or no number is refused by the desk."""
    return SignupForm(
        token=fields.get("token", ""),
        dates_rev=_number(fields.get("dates_rev", "")),
        name=fields.get("name", ""),
        phone=fields.get("phone", ""),
        party=_number(fields.get("party", "")),
        age_band=fields.get("age_band", ""),
        gender=fields.get("gender", ""),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else -1
