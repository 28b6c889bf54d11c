"""Finding every meter on a bus by its secondary address, whatever that may be.

A selection with open digits is answered by everybody who matches. Silence: nobody is there. One
clean telegram: one meter, checked by selecting the address that it names. Anything else is a
collision, and the search goes on with one digit less open, ten times. The last digit is fixed
first: meters that were bought together differ there.

Two meters of the same number are told apart by medium, manufacturer (of the usual ones), version
and fabrication number.

Source: EN 13757-7:2018, clause 7 (wildcard search); EN 13757-2, clause 5.5.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TypeVar

from hardware.mbus.frame import ADDRESS_SELECTED, FCB, FCV, REQ_UD2, encode_short
from hardware.mbus.header import MEDIA, manufacturer_code
from hardware.mbus.probe import Found, Heard, LineNoise, Steps, Survey, Verdict
from hardware.mbus.secondary import (
    ANY_BYTE,
    ANY_DIGITS,
    ANY_MANUFACTURER,
    DESELECT,
    SecondaryAddress,
    address_of,
    select,
)

MOST_BARREN = 4  # collisions behind which nobody was found: that is noise, or a strange meter
MOST_ASKED = 50_000  # 250 meters, the most that a bus carries, need fewer than 10,000

EVERYBODY = SecondaryAddress()

_ASK = encode_short(REQ_UD2 | FCB | FCV, ADDRESS_SELECTED)
# who makes meters that are met on a wired bus: only for telling two of one number apart
MANUFACTURERS = (
    "LUG", "KAM", "DME", "HYD", "SON", "SEN", "SPX", "INV", "EFE", "ACW", "ITW", "ITR",
    "SLB", "QDS", "LSE", "TCH", "IST", "ZRI", "ZRM", "MIN", "AMT", "BMT", "APA", "ELF",
    "AXI", "ELS", "ELV", "EMH", "EMU", "ABB", "GAV", "GMC", "ISK", "LGB", "LAS", "NZR",
    "PAD", "REL", "SIE", "SVM", "TIX", "WZG", "MAD", "MTK", "DZG", "ESY", "EDC",
)  # fmt: skip

_DECIMAL = "0123456789"
_HEX = "ABCDE"  # no standard allows them in a number, some meters have them

T = TypeVar("T")
_Part = Generator[bytes, Heard, T]


class SecondarySearch(Survey):
    """Find whoever matches ``within``.

    ``unresolved`` are patterns at which somebody answered who could not be found; ``strays``
    counts answers that came too late to belong to anything.
    """

    def __init__(self, within: SecondaryAddress = EVERYBODY) -> None:
        self._within = within
        self.unresolved: list[SecondaryAddress] = []
        self.strays = 0
        super().__init__()

    def _walk(self) -> Steps:
        yield from self._branch(self._within, 1.0)
        yield DESELECT

    def _branch(self, pattern: SecondaryAddress, share: float) -> _Part[bool]:
        """Find all who match ``pattern``; return whether there is anybody."""
        if self.asked >= MOST_ASKED:
            raise LineNoise(f"{self.asked} questions did not find everybody")
        self.where = pattern.text
        end = self.share + share
        heard = yield from self._look(pattern)
        anybody = heard.verdict is not Verdict.SILENT
        if heard.verdict is Verdict.TELEGRAM:
            anybody = yield from self._verified(pattern, heard)
            if not anybody:
                heard, anybody = Heard(Verdict.SPOILED), True
        if heard.verdict in (Verdict.SPOILED, Verdict.ACK):
            anybody = yield from self._descend(pattern, heard.verdict, share)
        self.share = min(1.0, max(self.share, end))  # sums of floats
        return anybody

    def _look(self, pattern: SecondaryAddress) -> _Part[Heard]:
        """Select and ask: SILENT, TELEGRAM, ACK (they say nothing more) or SPOILED."""
        for _ in range(2):
            heard = yield select(pattern)
            if heard.verdict is not Verdict.ACK:
                # a telegram is no answer to a selection
                return Heard(Verdict.SPOILED) if heard.frame else heard
            for _ in range(2):
                heard = yield _ASK
                if heard.verdict is not Verdict.SILENT:
                    return heard if heard.frame else Heard(Verdict.SPOILED)
            # either they are mute, or the E5 was somebody's late answer to the question before
            self.strays += 1
        self.strays -= 2
        return Heard(Verdict.ACK)

    def _verified(self, pattern: SecondaryAddress, heard: Heard) -> _Part[bool]:
        """Select who the telegram names: answers that overlap may look like one that is whole."""
        frame = heard.frame
        named = address_of(frame) if frame else None
        if frame is None or named is None or not _fits(pattern, named):
            return False
        exact = _merged(pattern, named)
        if exact != pattern:
            for _ in range(2):
                again = yield select(exact)
                if again.verdict is Verdict.ACK:
                    break
            else:
                return False
        self._keep(Found(frame.address, exact, frame))
        return True

    def _descend(self, pattern: SecondaryAddress, verdict: Verdict, share: float) -> _Part[bool]:
        """Close one more part of ``pattern`` in every way."""
        if verdict is Verdict.ACK and "F" not in pattern.digits:
            self._keep(Found(None, pattern, None))
            return True
        for patterns in _narrower(pattern):
            anybody = False
            for narrower in patterns:
                anybody |= yield from self._branch(narrower, share / len(patterns))
            if anybody:
                return True
            share = 0.0  # it is used up
        self.unresolved.append(pattern)
        if len(self.unresolved) >= MOST_BARREN:
            raise LineNoise(f"{len(self.unresolved)} collisions without any meter behind them")
        return True  # somebody; who, a wider pattern would not tell either

    def _keep(self, found: Found) -> None:
        if all(found.secondary != known.secondary for known in self.found):
            self.found.append(found)


def _narrower(pattern: SecondaryAddress) -> Iterator[list[SecondaryAddress]]:
    """Yield ways to close one more part; a later one is for when the ones before find nobody."""
    if "F" in pattern.digits:
        for digits in (_DECIMAL, _HEX):
            yield [replace(pattern, digits=_closed(pattern.digits, digit)) for digit in digits]
        return
    if pattern.medium == ANY_BYTE:
        yield [replace(pattern, medium=medium) for medium in sorted(MEDIA)]
    if pattern.manufacturer == ANY_MANUFACTURER:
        yield [replace(pattern, manufacturer=manufacturer_code(one)) for one in MANUFACTURERS]
    if pattern.version == ANY_BYTE:
        yield [replace(pattern, version=version) for version in range(ANY_BYTE)]
    known = pattern.fabrication or ANY_DIGITS
    if "F" in known:
        yield [replace(pattern, fabrication=_closed(known, digit)) for digit in _DECIMAL]


def _closed(digits: str, digit: str) -> str:
    at = digits.rindex("F")
    return digits[:at] + digit + digits[at + 1 :]


def _fits(pattern: SecondaryAddress, named: SecondaryAddress) -> bool:
    """Tell if who calls itself ``named`` may be one whom ``pattern`` selects."""
    if "F" in named.digits:
        return False  # nobody could be selected by it alone
    if not named.is_exact:  # the fixed structure names a number and no more
        return replace(EVERYBODY, digits=pattern.digits).matches(named)
    return replace(pattern, fabrication=None).matches(named)


def _merged(pattern: SecondaryAddress, named: SecondaryAddress) -> SecondaryAddress:
    """Return what selects the meter called ``named`` that answered to ``pattern``."""
    if named.is_exact:
        return replace(named, fabrication=pattern.fabrication)
    return replace(pattern, digits=named.digits)
