"""An iterator that goes on after it raised, as those of receivers do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from hardware.errors import FrameError

T = TypeVar("T")


class Resuming(Iterator[T], Generic[T]):
    """Iterate over what ``take`` gives until it gives None.

    A generator that raised is over; this one only passes the error on, and whoever iterates may
    go on. It may be used again once there is more to take.
    """

    __slots__ = ("_take",)

    def __init__(self, take: Callable[[], T | None]) -> None:
        self._take = take

    def __next__(self) -> T:
        taken = self._take()
        if taken is None:
            raise StopIteration
        return taken


def accepted(source: Iterator[T], reject: Callable[[FrameError], None]) -> Iterator[T]:
    """Yield what ``source``, a :class:`Resuming` iterator, gives; its errors go to ``reject``."""
    while True:
        try:
            item = next(source, None)
        except FrameError as error:
            reject(error)
            continue
        if item is None:
            return
        yield item
