"""Glucose meter, continuous monitor and belt, each at a hub's own radio."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hardware.ble import decode
from hardware.ble.cgm_control import Op as CgmOp
from hardware.ble.cgm_control import encode_request as cgm_request
from hardware.ble.control import Commit, Write
from hardware.ble.crc import with_crc
from hardware.ble.racp import Op, Operator, encode_request, read_answer
from hardware.ble.record_transfer import Finish, Outcome, RecordTransfer
from hardware.ble.records import CGM, GLUCOSE, Position
from hardware.errors import DeviceRefused, TransportError
from hardware.reading import Quantity
from hardware.sim.belt import BeltOptions
from hardware.sim.cgm_sensor import INTERVAL_MIN, CgmOptions
from hardware.sim.glucose_meter import GlucoseMeterOptions


class Hub:
    """Reads records as the collector has to: commit first, then say so, then perhaps delete."""

    def __init__(self, records: Any, *, delete: bool) -> None:
        self.records, self.delete = records, delete
        self.position = Position()
        self.kept: list[tuple[str, bytes]] = []

    async def session(self, link: Any) -> Finish:
        loop = asyncio.get_running_loop()
        transfer = RecordTransfer(self.records, self.position, delete=self.delete)
        inbox: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        for uuid in (self.records.uuid, self.records.context, "2A52"):
            if uuid:
                await link.subscribe(uuid, lambda v, u=uuid: inbox.put_nowait((u, v)))
        closed = asyncio.create_task(link.wait_closed())
        closed.add_done_callback(lambda _: inbox.put_nowait(None))
        try:
            todo = transfer.start(loop.time())
            while True:
                for action in todo:
                    if isinstance(action, Write):
                        try:
                            await link.write(action.uuid, action.value)
                        except TransportError:
                            todo.extend(transfer.dropped())
                    elif isinstance(action, Commit):
                        self.kept.append((action.uuid, action.value))
                        todo.extend(transfer.committed(action.number, loop.time()))
                        self.position = transfer.position
                    else:
                        self.position = action.position
                        return action
                message = await asyncio.wait_for(inbox.get(), 10)
                if message is None:
                    todo = transfer.dropped()
                elif message[0] == "2A52":
                    todo = transfer.indicated(message[1], loop.time())
                else:
                    todo = transfer.received(*message, loop.time())
        finally:
            closed.cancel()
            await asyncio.gather(closed, return_exceptions=True)


@pytest.mark.parametrize("mol", [False, True])
def test_a_glucose_meter_is_read_and_emptied(bedside: Any, *, mol: bool) -> None:
    async def work(beside: Any) -> None:
        confirmed = beside.folder / "confirmed"
        options = GlucoseMeterOptions(stored=6, mol=mol, confirmed=confirmed)
        device = await beside.device("glucose", options)
        assert device.address_text in await beside.heard("1808")
        truth = list(device.stored)
        assert len(truth) == 9  # every second one has a context
        hub = Hub(GLUCOSE, delete=True)
        finish = await hub.session(await beside.paired(device))
        assert finish.outcome is Outcome.DONE
        assert [value for _, value in hub.kept] == truth
        assert device.stored == ()
        assert [bytes.fromhex(line) for line in confirmed.read_text().split()] == truth
        answers = [decode(*one) for one in hub.kept]
        levels = [
            float(r.value)
            for a in answers
            for r in a.records
            if r.quantity
            in {Quantity.GLUCOSE_MASS_CONCENTRATION, Quantity.GLUCOSE_SUBSTANCE_CONCENTRATION}
        ]
        assert len(levels) == 6
        assert all((2 < level < 20) if mol else (40 < level < 300) for level in levels)
        assert answers[1].flags["health"] == "no_issues"

    bedside(work)


def test_a_transfer_that_is_cut_goes_on_where_it_was(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        options = GlucoseMeterOptions(stored=12, drop_after=5)
        device = await beside.device("glucose", options)
        truth = list(device.stored)
        hub = Hub(GLUCOSE, delete=False)
        link = await beside.paired(device)
        outcomes = []
        for _ in range(12):
            outcomes.append((await hub.session(link)).outcome)
            if outcomes[-1] is Outcome.DONE:
                break
            await until(lambda: device.connection is None)
            link = await beside.again(device)
        assert outcomes[-1] is Outcome.DONE
        assert Outcome.DROPPED in outcomes
        assert {value for _, value in hub.kept} == set(truth)
        assert list(device.stored) == truth

    bedside(work)


@pytest.mark.soak
@pytest.mark.parametrize("delete", [False, True])
def test_many_cuts(
    bedside: Any, until: Any, request: pytest.FixtureRequest, *, delete: bool
) -> None:
    cuts = request.config.getoption("--faults")

    async def work(beside: Any) -> None:
        options = GlucoseMeterOptions(stored=cuts + 20, memory=cuts + 20, drop_after=3, drops=cuts)
        device = await beside.device("glucose", options)
        truth = list(device.stored)
        hub = Hub(GLUCOSE, delete=delete)
        link = await beside.paired(device)
        done = 0
        while (await hub.session(link)).outcome is Outcome.DROPPED:
            done += 1
            await until(lambda: device.connection is None)
            link = await beside.again(device)
        assert device._drops_left == 0 or done > cuts // 4  # it is empty before the last cut
        assert set(hub.kept) == {("2A34" if n % 3 == 1 else "2A18", v) for n, v in enumerate(truth)}
        if delete:
            assert device.stored == ()
            assert device.confirmed_count == len(truth)

    bedside(work)


def test_what_a_control_point_refuses(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        options = GlucoseMeterOptions(stored=30, answer_delay_s=0.02)
        device = await beside.device("glucose", options)
        link = await beside.paired(device)
        everything = encode_request(Op.REPORT, Operator.ALL)
        answers: list[bytes] = []
        with pytest.raises(DeviceRefused):  # nobody would hear the answer
            await link.write("2A52", everything)
        await link.subscribe("2A52", answers.append)
        await link.subscribe("2A18", lambda _: None)
        with pytest.raises(DeviceRefused):
            await link.write("2A52", everything[:1])
        with pytest.raises(DeviceRefused):
            await link.write("2A52", b"")
        await link.write("2A52", everything)
        with pytest.raises(DeviceRefused):
            await link.write("2A52", everything)
        await link.write("2A52", encode_request(Op.ABORT))
        await until(lambda: answers)
        assert read_answer(answers[0]).request == Op.ABORT
        await until(lambda: not device.reporting)
        assert len(device.store.records) == 30

    bedside(work)


def test_a_meter_that_was_read_is_silent_until_it_measures(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("glucose", GlucoseMeterOptions(stored=2, memory=2))
        link = await beside.paired(device)
        assert (await Hub(GLUCOSE, delete=False).session(link)).outcome is Outcome.DONE
        await link.close()
        await until(lambda: device.connection is None)
        assert await beside.heard("1808") == set()
        await device.measure()
        assert await beside.heard("1808") == {device.address_text}
        assert [record.sequence for record in device.store.records] == [1, 2]
        assert device.overwritten == 1

    bedside(work)


def test_a_monitor_sends_records_and_live_values(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("cgm", CgmOptions(stored=5))
        link = await beside.paired(device)
        hub = Hub(CGM, delete=False)
        assert (await hub.session(link)).outcome is Outcome.DONE
        answers = [decode(*one) for one in hub.kept]
        assert [a.flags["time_offset_min"] for a in answers] == [INTERVAL_MIN * n for n in range(5)]
        assert all(a.flags["e2e_crc"] is True for a in answers)
        live: list[bytes] = []
        await link.subscribe("2AA7", live.append)
        await device.measure()
        await until(lambda: live)
        assert decode("2AA7", live[0]).flags["time_offset_min"] == 5 * INTERVAL_MIN
        for uuid in ("2AA8", "2AA9", "2AAA", "2AAB"):
            decode(uuid, await link.read(uuid))
        assert decode("2AAB", await link.read("2AAB")).flags["run_time_h"] == 336

    bedside(work)


def test_a_monitor_checks_what_is_written(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("cgm", CgmOptions(stored=1))
        link = await beside.paired(device)
        answers: list[bytes] = []
        await link.subscribe("2AAC", answers.append)
        good = cgm_request(CgmOp.GET_INTERVAL, checked=True)
        for bad in (cgm_request(CgmOp.GET_INTERVAL, checked=False), good[:-1] + b"\x00"):
            with pytest.raises(DeviceRefused):
                await link.write("2AAC", bad)
        await link.write("2AAC", good)
        await until(lambda: answers)
        told = decode("2AAC", answers[0])
        assert told.flags["communication_interval_min"] == INTERVAL_MIN
        await link.write("2AAC", cgm_request(CgmOp.GET_HYPO, checked=True))
        await until(lambda: len(answers) == 2)
        assert decode("2AAC", answers[1]).flags["response"] == "op_code_not_supported"
        await link.write("2A2B", bytes.fromhex("ea070b170f0000010002"))
        start = bytes.fromhex("ea070b170f0000") + b"\x04\x00"
        await link.write("2AAA", with_crc(start))
        began = decode("2AAA", await link.read("2AAA")).timestamp
        assert began == "2026-11-23T15:00:00"
        await link.write("2A2B", bytes.fromhex("ea070b17100000010002"))
        assert decode("2AAA", await link.read("2AAA")).timestamp == "2026-11-23T16:00:00"

    bedside(work)


def test_a_belt_sends_while_somebody_listens(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("belt", BeltOptions(period_s=0.01))
        got: list[bytes] = []
        link = await beside.paired(device)
        await link.subscribe("2A37", got.append)
        await until(lambda: len(got) > 5)
        answer = decode("2A37", got[0])
        assert answer.flags["sensor_contact"] is True
        beats = [float(r.value) for r in answer.records if r.quantity is Quantity.HEART_RATE]
        spans = [float(r.value) for r in answer.records if r.quantity is Quantity.RR_INTERVAL]
        assert 60 / spans[0] == pytest.approx(beats[0], rel=0.15)
        assert device.stored == ()
        await link.close()
        await until(lambda: device.connection is None)
        assert await beside.heard("180D") == {device.address_text}

    bedside(work)


def test_a_belt_that_nobody_wears(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("belt", BeltOptions(period_s=0.01, worn=False))
        got: list[bytes] = []
        link = await beside.paired(device)
        await link.subscribe("2A37", got.append)
        await until(lambda: got)
        assert decode("2A37", got[0]).flags["sensor_contact"] is False
        await link.close()
        await until(lambda: device.connection is None)
        assert await beside.heard("180D") == set()

    bedside(work)
