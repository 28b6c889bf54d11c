"""Who answers at which primary address: every address is reset and asked once.

Source: EN 13757-2, clauses 5.5 and 5.7.
"""

from __future__ import annotations

from collections.abc import Sequence

from hardware.mbus.frame import (
    ADDRESS_ANY,
    ADDRESS_LAST,
    FCB,
    FCV,
    REQ_UD2,
    SND_NKE,
    encode_short,
)
from hardware.mbus.probe import Found, Steps, Survey, Verdict
from hardware.mbus.secondary import address_of

ALL_ADDRESSES = range(ADDRESS_LAST + 1)

_ASK = REQ_UD2 | FCB | FCV


class PrimaryScan(Survey):
    """Ask ``addresses`` one after the other; ``collisions`` are those with several meters.

    :raises ValueError: if there is nobody at one of ``addresses``.
    """

    def __init__(self, addresses: Sequence[int] = ALL_ADDRESSES) -> None:
        if not all(0 <= address <= ADDRESS_LAST for address in addresses):
            raise ValueError(f"primary addresses are 0 to {ADDRESS_LAST}")
        self._addresses = addresses
        self.collisions: list[int] = []
        super().__init__()

    def _walk(self) -> Steps:
        for index, address in enumerate(self._addresses):
            self.share = index / len(self._addresses)
            self.where = str(address)
            heard = yield encode_short(SND_NKE, address)
            if heard.verdict is Verdict.SILENT:
                continue
            if heard.verdict is Verdict.ACK:
                heard = yield encode_short(_ASK, address)
                if heard.verdict is Verdict.SILENT:  # once more, as a master would
                    heard = yield encode_short(_ASK, address)
            frame = heard.frame
            if frame is not None and frame.address == address:
                self.found.append(Found(address, address_of(frame), frame))
            elif frame is None and heard.verdict is not Verdict.SPOILED:
                self.found.append(Found(address, None, None))
            else:
                self.collisions.append(address)


class Presence(Survey):
    """Ask whether anybody at all is there, at address 254, which every meter answers.

    ``anybody`` is True as soon as anything came: one answer, several, or noise.
    """

    def __init__(self) -> None:
        self.anybody = False
        super().__init__()

    def _walk(self) -> Steps:
        self.where = str(ADDRESS_ANY)
        for _ in range(2):
            heard = yield encode_short(SND_NKE, ADDRESS_ANY)
            if heard.verdict is not Verdict.SILENT:
                self.anybody = True
                return
