"""Thermometer, scale, oximeter and a cuff with several users, each at a hub's own radio."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hardware.ble import decode
from hardware.ble.body_composition import join, read_body_composition
from hardware.ble.user_control import Op, Result, encode_consent, encode_register, read_answer
from hardware.errors import DeviceRefused, TransportError
from hardware.reading import Quantity
from hardware.sim.body import Illness
from hardware.sim.cuff import CuffOptions
from hardware.sim.oximeter import OximeterOptions
from hardware.sim.scale import ScaleOptions, consent_code
from hardware.sim.thermometer import ThermometerOptions


def number(measurement: Any, quantity: Quantity) -> float:
    return next(float(r.value) for r in measurement.records if r.quantity is quantity)


def test_a_thermometer_hands_over_what_it_stored(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("thermometer", ThermometerOptions(stored=3))
        assert device.address_text in await beside.heard("1809")
        truth, got = list(device.stored), []
        link = await beside.paired(device)
        assert decode("2A1D", await link.read("2A1D")).flags["temperature_type"] == "ear"
        await link.subscribe("2A1C", got.append)
        await until(lambda: not device.stored)
        assert got == truth
        for value in got:
            answer = decode("2A1C", value)
            assert 35 < number(answer, Quantity.BODY_TEMPERATURE) < 38.5
            assert (answer.timestamp or "").startswith("20")
        await device.measure()
        await until(lambda: len(got) == 4)

    bedside(work)


def test_an_unpaired_hub_gets_nothing(bedside: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("thermometer", ThermometerOptions(stored=1))
        with pytest.raises(DeviceRefused):
            await beside.again(device)
        assert len(device.stored) == 1

    bedside(work)


def test_an_illness_on_demand(bedside: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("thermometer", ThermometerOptions())
        await device.measure()
        device.fall_ill(Illness.INFECTION, over_s=10)
        beside.quartz.seconds += 100
        await device.measure()
        well, ill = (number(decode("2A1C", v), Quantity.BODY_TEMPERATURE) for v in device.stored)
        assert ill > well + 1.5

    bedside(work)


def test_the_users_of_a_cuff_are_told_apart(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("cuff", CuffOptions(stored=40, users=3))
        got: list[bytes] = []
        link = await beside.paired(device)
        await link.subscribe("2A35", got.append)
        await until(lambda: not device.stored)
        by_user: dict[Any, list[float]] = {}
        for value in got:
            answer = decode("2A35", value)
            by_user.setdefault(answer.flags["user_id"], []).append(
                number(answer, Quantity.BLOOD_PRESSURE_SYSTOLIC)
            )
        assert set(by_user) == {1, 2, 3}

    bedside(work)


class Asked:
    """A hub's side of a scale's user control point."""

    def __init__(self, link: Any, until: Any) -> None:
        self.link, self.until = link, until
        self.answers: list[bytes] = []

    async def ask(self, request: bytes) -> Any:
        before = len(self.answers)
        await self.link.write("2A9F", request)
        await self.until(lambda: len(self.answers) > before)
        return read_answer(self.answers[-1])


def test_a_scale_gives_a_users_weights_only_after_consent(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        options = ScaleOptions(stored=6, users=2, registered=2, seed=4)
        device = await beside.device("scale", options)
        weights: list[bytes] = []
        bodies: list[bytes] = []
        link = await beside.paired(device)
        control = Asked(link, until)
        with pytest.raises(DeviceRefused):  # nobody would hear the answer
            await link.write("2A9F", encode_consent(0, consent_code(0)))
        await link.subscribe("2A9F", control.answers.append)
        await link.subscribe("2A9D", weights.append)
        await link.subscribe("2A9C", bodies.append)
        await asyncio.sleep(0.1)
        assert weights == bodies == []
        with pytest.raises(DeviceRefused):
            await link.read("2A99")
        assert (await control.ask(encode_consent(0, 1))).result == Result.NOT_AUTHORIZED
        await asyncio.sleep(0.1)
        assert weights == []
        assert (await control.ask(encode_consent(0, consent_code(0)))).result == Result.SUCCESS
        await until(lambda: {k.user for k in device._queue} == {1})
        assert {decode("2A9D", v).flags["user_id"] for v in weights} == {0}
        assert int.from_bytes(await link.read("2A99"), "little") == len(weights) > 0
        assert len(bodies) == len(weights)
        assert (await control.ask(encode_consent(1, consent_code(1)))).result == Result.SUCCESS
        await until(lambda: not device.stored)
        assert len(weights) == len(bodies) == 6
        with pytest.raises(DeviceRefused):
            await link.write("2A9F", bytes((Op.CONSENT, 0)))
        assert (await control.ask(bytes((0x77,)))).result == Result.OP_CODE_NOT_SUPPORTED

    bedside(work)


def test_somebody_new_is_unknown_until_registered(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("scale", ScaleOptions(stored=1, two_packets=True))
        weights: list[bytes] = []
        bodies: list[bytes] = []
        link = await beside.paired(device)
        control = Asked(link, until)
        await link.subscribe("2A9F", control.answers.append)
        await link.subscribe("2A9D", weights.append)
        await link.subscribe("2A9C", bodies.append)
        await until(lambda: not device.stored)
        assert decode("2A9D", weights[0]).flags["user_id"] == "unknown"
        whole = join(*map(read_body_composition, bodies))
        assert whole.packets == 2
        assert 5 < whole.fat / 10 < 60
        registered = await control.ask(encode_register(4711))
        assert registered.parameter == b"\x00"
        await device.measure()
        assert (await control.ask(encode_consent(0, 4711))).result == Result.SUCCESS
        await until(lambda: not device.stored)
        answer = decode("2A9D", weights[-1])
        assert answer.flags["user_id"] == 0
        bmi = number(answer, Quantity.BODY_MASS_INDEX)
        tall_m = number(answer, Quantity.BODY_HEIGHT) / 100
        assert bmi == pytest.approx(number(answer, Quantity.BODY_WEIGHT) / tall_m**2, abs=0.1)

    bedside(work)


def test_an_oximeter_sends_what_it_stored_then_live_values(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        options = OximeterOptions(stored=2, period_s=0.01)
        device = await beside.device("oximeter", options)
        spots: list[bytes] = []
        live: list[bytes] = []
        link = await beside.paired(device)
        assert decode("2A60", await link.read("2A60")).flags["measurement_storage_support"]
        await link.subscribe("2A5E", spots.append)
        await until(lambda: not device.stored)
        first = decode("2A5E", spots[0])
        assert first.timestamp is None  # its clock was never set, and it says so
        assert first.flags["clock_not_set"] is True
        assert first.flags["data_from_storage"] is True
        await link.subscribe("2A5F", live.append)
        await until(lambda: len(live) > 6)
        answers = [decode("2A5F", value) for value in live]
        assert answers[0].flags["early_estimated_data"] is True
        assert answers[5].flags["fully_qualified_data"] is True
        assert all(80 < number(a, Quantity.OXYGEN_SATURATION) <= 100 for a in answers)
        await device.measure()
        await until(lambda: len(spots) == 3)

    bedside(work)


def test_a_full_memory_loses_the_oldest(bedside: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("thermometer", ThermometerOptions(stored=5, memory=3))
        assert (len(device.stored), device.overwritten) == (3, 2)
        before = device.stored
        await device.measure()
        assert device.stored[:2] == before[1:]
        assert device.overwritten == 3

    bedside(work)


def test_a_device_that_refuses_the_time(bedside: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("cuff", CuffOptions(keeps_time=False))
        link = await beside.paired(device)
        with pytest.raises(DeviceRefused):
            await link.write("2A2B", bytes.fromhex("ea070b170f0000010002"))
        await device.measure()
        assert (decode("2A35", device.stored[0]).timestamp or "").startswith("2020-01-01")

    bedside(work)


def test_a_device_that_belongs_to_a_phone(bedside: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("cuff", CuffOptions(stored=1, bonded_elsewhere=True))
        with pytest.raises(DeviceRefused, match="pairing failed"):
            await beside.paired(device)
        assert len(device.stored) == 1

    bedside(work)


@pytest.mark.parametrize(("typed", "taken"), [(123456, True), (654321, False)])
def test_a_device_whose_label_shows_another_passkey(
    bedside: Any, *, typed: int, taken: bool
) -> None:
    async def work(beside: Any) -> None:
        options = CuffOptions(stored=1, passkey=123456, shown_passkey=654321)
        assert options.label_passkey == 654321
        device = await beside.device("cuff", options)
        await beside.use_passkey(typed)
        if taken:
            assert (await beside.paired(device)).connected
        else:
            with pytest.raises(DeviceRefused):
                await beside.paired(device)

    bedside(work)


def test_a_battery_that_ends_in_the_middle(bedside: Any) -> None:
    async def work(beside: Any) -> None:
        options = CuffOptions(stored=10, battery_percent=5, battery_per_value=2)
        device = await beside.device("cuff", options)
        got: list[bytes] = []
        link = await beside.paired(device)
        assert await link.read("2A19") == bytes((5,))
        await link.subscribe("2A35", got.append)
        await link.wait_closed()
        assert device.dead
        assert len(got) >= 3
        assert await beside.heard("1810") == set()
        await device.measure()
        assert len(device.stored) <= 7

    bedside(work)


def test_slow_answers(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("cuff", CuffOptions(stored=2, answer_delay_s=0.1))
        link = await beside.paired(device)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await link.read("2A49")
        assert loop.time() - began >= 0.1
        await link.subscribe("2A35", lambda _: None)
        await until(lambda: not device.stored)
        assert loop.time() - began >= 0.3

    bedside(work)


def test_drops_in_the_middle_lose_nothing(bedside: Any, until: Any) -> None:
    async def work(beside: Any) -> None:
        device = await beside.device("thermometer", ThermometerOptions(stored=5, drop_after=2))
        truth, got = list(device.stored), []
        link = await beside.paired(device)
        rounds = 0
        while device.stored:
            await link.subscribe("2A1C", got.append)
            closed = asyncio.create_task(link.wait_closed())
            await until(lambda closed=closed: closed.done() or not device.stored)
            closed.cancel()
            rounds += 1
            await until(lambda: not device.connection or not device.stored)
            if device.stored:
                with pytest.raises(TransportError):
                    await link.read("2A19")
                link = await beside.again(device)
        assert rounds == 3
        assert set(got) == set(truth)

    bedside(work)
