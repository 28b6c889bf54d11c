"""What small relay boards on a serial port want to be told. Pure.

Source: LCTech LCUS-1/2/4/8 (A0, channel, 0 or 1, sum of the three); KMTronic USB relays (FF,
channel, 0 or 1): the makers' instructions.
"""

from __future__ import annotations

from typing import Literal, get_args

Board = Literal["lctech", "kmtronic"]
BOARDS: tuple[str, ...] = get_args(Board)
MOST_CHANNELS = 8
FRAME_BYTES = {"lctech": 4, "kmtronic": 3}


def switch(board: Board, channel: int, *, on: bool) -> bytes:
    """Return the bytes that switch a channel, 1 to 8.

    :raises ValueError: if there is no such channel.
    """
    if not 1 <= channel <= MOST_CHANNELS:
        raise ValueError(f"a board has the channels 1 to {MOST_CHANNELS}")
    if board == "kmtronic":
        return bytes((0xFF, channel, int(on)))
    return bytes((0xA0, channel, int(on), (0xA0 + channel + int(on)) & 0xFF))


def read(board: Board, frame: bytes) -> tuple[int, bool]:
    """Return which channel bytes switch, and whether on: the board's own view.

    :raises ValueError: if they are no command.
    """
    for channel in range(1, MOST_CHANNELS + 1):
        for on in (False, True):
            if frame == switch(board, channel, on=on):
                return channel, on
    raise ValueError("this switches nothing")
