"""Which carried copies may still hold what was erased: by numbers, whatever the clocks said."""

from __future__ import annotations

from typing import Any

import pytest

from sync import bundle, custody, erasing
from sync.custody import Act, Kind
from sync.erasing import Noted
from sync.identity import Identity

AT = 1_795_000_000_000
EPOCH = bytes(range(8)).hex()


def order(at_ms: int, *, receipts: int | None, seq: int = 9, epoch: str | None = EPOCH) -> Noted:
    return Noted(bytes(16), at_ms, 1, ((EPOCH, 2),), seq, None, None, epoch, receipts)


def taken(
    signer: Identity, manifest: Any, kind: Kind = Kind.STICK, at: int = AT
) -> custody.Receipt:
    return custody.sign(
        signer, manifest, kind=kind, name="rot", act=Act.TAKEN, at_ms=at, time_quality=4
    )


@pytest.mark.parametrize("ordered_at", [7_000, AT, 2 * AT])
@pytest.mark.parametrize("written_at", [7_000, AT + 1, 2 * AT])
def test_a_stick_that_was_written_before_the_order_holds_it(
    make_chain: Any, ordered_at: int, written_at: int
) -> None:
    hub = Identity.generate()
    one = taken(hub, bundle.manifest_of(make_chain(3)), at=written_at)
    out = list(erasing.copies_out(order(ordered_at, receipts=1), [(1, one)], hub.name))
    assert out == ["Stick rot: Sendungen 1 bis 3, versiegelt, bis er hier wieder eingesteckt wird"]
    assert list(erasing.copies_out(order(ordered_at, receipts=0), [(1, one)], hub.name)) == []


def test_of_an_order_that_an_older_version_noted_nothing_is_said_to_be_gone(
    make_chain: Any,
) -> None:
    hub = Identity.generate()
    one = taken(hub, bundle.manifest_of(make_chain(3)), at=2 * AT)
    old = order(AT, receipts=None, epoch=None)
    assert len(list(erasing.copies_out(old, [(5, one)], hub.name))) == 1


def test_what_a_bus_took_together_with_the_order_is_free_of_it(make_chain: Any) -> None:
    hub, bus = Identity.generate(), Identity.generate()
    one = taken(bus, bundle.manifest_of(make_chain(3)), Kind.BUS)

    def out(seq: int, epoch: str = EPOCH) -> int:
        noted = order(0, receipts=0, seq=seq, epoch=epoch)
        return len(list(erasing.copies_out(noted, [(7, one)], hub.name)))

    assert out(seq=3) == 0  # the order is its segment 3
    assert out(seq=4) == 1  # whose clock says what, and when its receipt came here, proves nothing
    assert out(seq=3, epoch=bytes(8).hex()) == 1  # another stream's segment 3


def test_other_numbers_and_other_streams_do_not_hold_it(make_chain: Any) -> None:
    hub = Identity.generate()
    one = taken(hub, bundle.manifest_of(make_chain(1)))
    assert list(erasing.copies_out(order(AT, receipts=9), [(1, one)], hub.name)) == []
