"""What a hub sends again in a new stream: it enters the lake once, in whatever order it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sync.county.lake import Stream
from sync.county.revoke import revoke

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer


def again(writer: Writer, new_writer: type[Writer], after: int) -> Writer:
    """Return the hub in a new stream that seals again what is above ``after``."""
    fresh = new_writer(writer.identity, bytes(8))
    for one in writer.segments[after:]:
        fresh.add(body=one.body)
    return fresh


@pytest.mark.parametrize("order", ["old, new", "new, old"])
def test_what_a_new_stream_seals_again_enters_once(
    office: Office, writer: Writer, new_writer: type[Writer], order: str
) -> None:
    office.know(writer)
    writer.add(4)
    fresh = again(writer, new_writer, 2)
    fresh.add(1, value=50.0)
    for one in (writer, fresh) if order == "old, new" else (fresh, writer):
        assert office.pull(writer, one.memory()).code == "ok"
    held = office.county.ledger.positions(writer.id)
    assert {(one.epoch, one.seq) for one in held} == {(bytes(8).hex(), 3), (writer.epoch.hex(), 4)}
    values = [value for _, _, value in office.rows()]
    assert len(values) == len(set(values)) == 3 * 5


def test_both_streams_in_one_commit_enter_once(
    office: Office, writer: Writer, new_writer: type[Writer]
) -> None:
    office.know(writer)
    writer.add(4)
    fresh = again(writer, new_writer, 0)
    hub = office.hub(writer)
    for outcome in office.puller().pull([(hub, writer.memory()), (hub, fresh.memory())]):
        assert outcome.code == "ok"
    assert len(office.rows()) == 3 * 4


def test_of_a_stream_that_is_revoked_later_what_came_again_stays(
    office: Office, writer: Writer, new_writer: type[Writer]
) -> None:
    office.know(writer)
    writer.add(4)
    office.pull(writer)
    fresh = again(writer, new_writer, 2)
    office.pull(writer, fresh.memory())
    revoked = revoke(office.county, office.hub(writer), up_to=1, epoch=writer.epoch.hex(), now_ms=1)
    assert revoked.readings == 3  # of number 2 alone
    assert len(office.rows()) == 3 * 3


def test_what_was_revoked_before_keeps_nothing_out(
    office: Office, writer: Writer, new_writer: type[Writer]
) -> None:
    office.know(writer)
    writer.add(4)
    office.pull(writer)
    fresh = again(writer, new_writer, 2)
    office.county.config.quarantine.mkdir(exist_ok=True)
    office.county.ledger.trust.revoke(writer.id, {writer.epoch.hex(): 2}, now_ms=1)
    aside = office.county.config.quarantine / "x.parquet"
    office.county.lake.withdraw(Stream(writer.id, writer.epoch.hex()), 2, aside)
    office.pull(writer, fresh.memory())
    assert len(office.rows()) == 3 * 4
