from __future__ import annotations

from hardware.errors import FrameError
from hardware.resume import Resuming, accepted


def test_it_goes_on_after_it_raised_and_after_its_end() -> None:
    things: list[int | None] = [1, 0, 2, None, 3, None]
    refused: list[FrameError] = []

    def take() -> int | None:
        thing = things.pop(0)
        if thing == 0:
            raise FrameError("zero", offset=0)
        return thing

    source = Resuming(take)
    assert list(accepted(source, refused.append)) == [1, 2]
    assert list(source) == [3]
    assert len(refused) == 1
