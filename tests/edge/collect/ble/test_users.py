"""Users of a scale through the collector: nothing without the code, all with it, nothing twice."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from edge.collect.ble import user_desk
from edge.collect.sensors import device_id
from edge.store.scale_data import data_file, new_token
from edge.store.scale_users import LATER_MS, ScaleUser, ScaleUsers, UserState
from hardware.ble.registry import decode
from hardware.ble.user_profile import Sex, UserProfile, write_profile
from hardware.sim.ether import Ether
from hardware.sim.scale import Scale, ScaleOptions, consent_code


@asynccontextmanager
async def beside(hub: SimpleNamespace, **options: Any) -> AsyncIterator[tuple[Scale, Any]]:
    """Yield a scale and a hub that is running."""
    ether = Ether()
    adapter = f"tcp:127.0.0.1:{await ether.listen()}"
    scale = Scale(ether.link, ScaleOptions(always_advertise=True, **options), time.monotonic)
    await scale.start()
    try:
        async with hub.house(adapter) as home:
            home.users = ScaleUsers(home.config.hub.scale_users)
            async with home.running():
                yield scale, home
    finally:
        await scale.stop()
        await ether.close()


def values(home: Any, scale: Scale) -> list[bytes]:
    kept = home.opened().get(device_id(scale.address_text), [])
    return [value for kind, value in kept if kind in {"ble:2A9D", "ble:2A9C"}]


def named(home: Any, scale: Scale) -> set[object]:
    """The users whom the weights that were kept name."""
    kept = home.opened().get(device_id(scale.address_text), [])
    return {decode("2A9D", one).flags["user_id"] for kind, one in kept if kind == "ble:2A9D"}


async def asked(home: Any, scale: Scale, action: str, **arguments: object) -> dict[str, Any]:
    return await home.asked(  # type: ignore[no-any-return]
        "user", action=action, address=scale.address_text, wait_s=15, **arguments
    )


async def settled(hub: SimpleNamespace, home: Any, scale: Scale, index: int) -> ScaleUser:
    """The user, once the hub has tried the code."""
    address = scale.address_text
    await hub.until(lambda: home.users.user(address, index).state is not UserState.NEW)
    user = home.users.user(address, index)
    assert user is not None
    return user


def test_each_user_gives_their_own_readings_once(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, stored=8, users=2, registered=2, seed=4) as (scale, home):
            address, truth = scale.address_text, list(scale.stored)
            await home.paired(address)
            await hub.until(lambda: address in home.users.devices())
            await hub.until(lambda: scale.connection is None)
            assert values(home, scale) == []  # nothing without a code
            assert list(scale.stored) == truth
            home.users.enter(address, 0, consent_code(0), hub.now_ms)
            await hub.until(lambda: {one.user for one in scale._queue} == {1})
            assert named(home, scale) == {0}
            home.users.enter(address, 1, consent_code(1), hub.now_ms)
            await hub.until(lambda: not scale.stored)
            kept = values(home, scale)
            assert sorted(kept) == sorted(truth)
            assert named(home, scale) == {0, 1}
            for index in (0, 1):
                user = await settled(hub, home, scale, index)
                assert (user.state, user.tries) == (UserState.OK, 0)
                assert user.increment == scale.users.changes[index]

    hub.run(main())


def test_a_wrong_code_is_tried_once_and_told(hub: SimpleNamespace) -> None:
    async def main() -> None:
        options = {"stored": 8, "users": 2, "registered": 2, "seed": 4, "tries": 2}
        async with beside(hub, **options) as (scale, home):
            address = scale.address_text
            home.users.enter(address, 0, 1, hub.now_ms)
            home.users.enter(address, 1, consent_code(1), hub.now_ms)
            await home.paired(address)
            await hub.until(lambda: {one.user for one in scale._queue} == {0})
            assert home.users.user(address, 0).state is UserState.STOPPED_CODE
            assert home.users.user(address, 1).state is UserState.OK
            said = "Benutzer 0: Der Code stimmt nicht"
            await hub.until(lambda: said in str(home.village.devices("ble")[0].last_error))
            await scale.measure()
            await scale.measure()
            await asyncio.sleep(2.5)  # some visits, each of which acts for the other one only
            assert scale.users.asked.count((0, 1)) == 1
            assert scale.users.asked.count((1, consent_code(1))) > 1
            assert home.users.user(address, 0).state is UserState.STOPPED_CODE
            for action in ("data", "try"):  # not even for somebody who asks: it is still wrong
                told = await asked(home, scale, action, index=0)
                assert told["state"] == "failed"
                assert "nicht noch einmal" in told["hint"]
            assert scale.users.asked.count((0, 1)) == 1
            told = await asked(home, scale, "try", index=7)
            assert told["state"] == "failed"
            assert "keinen Code" in told["hint"]
            home.users.enter(address, 0, consent_code(0), hub.now_ms)
            told = await asked(home, scale, "try", index=0)
            assert (told["state"], told["index"]) == ("done", 0)
            await hub.until(lambda: not scale.stored)

    hub.run(main())


def test_a_locked_scale_is_asked_again_hours_later(hub: SimpleNamespace) -> None:
    async def main() -> None:
        options = {"stored": 6, "users": 2, "registered": 2, "seed": 4, "tries": 1}
        async with beside(hub, **options) as (scale, home):
            address = scale.address_text
            await home.paired(address)
            scale.users.wrong = 1  # somebody typed wrong codes at a phone
            home.users.enter(address, 0, consent_code(0), hub.now_ms)
            told = await asked(home, scale, "try", index=0)
            assert told["state"] == "failed"
            assert "sperrt sie sich" in told["hint"]
            user = home.users.user(address, 0)
            assert (user.state, user.tries) == (UserState.WAITS, 1)
            before = len(scale.users.asked)
            scale.users.unlock()
            await asyncio.sleep(1.5)
            assert len(scale.users.asked) == before  # not before its time
            home.clock.wall_ms += LATER_MS + 1
            await hub.until(lambda: {one.user for one in scale._queue} == {1})
            assert home.users.user(address, 0).tries == 0

    hub.run(main())


def test_the_third_refusal_is_the_last(hub: SimpleNamespace) -> None:
    user = ScaleUser(1, 0, hub.now_ms)
    for number in (1, 2, 3):
        user = user.refused(hub.now_ms)
        assert user.tries == number
        assert user.is_due(hub.now_ms + LATER_MS + 1) is (number < 3)
    assert user.state is UserState.STOPPED_REFUSED


def test_a_person_is_registered_and_told_to_the_scale(
    hub: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_desk, "WAIT_S", 15.0)

    async def main() -> None:
        async with beside(hub, users=1, stored=1) as (scale, home):
            address = scale.address_text
            await home.paired(address)
            await hub.until(lambda: not scale.stored)
            told = await asked(home, scale, "register")
            assert (told["state"], told["index"]) == ("done", 0)
            code = scale.users.codes[0]
            user = home.users.user(address, 0)
            assert (user.code, user.state, user.since) == (code, UserState.OK, hub.now_ms)
            assert home.users.began() == {address: ((0, hub.now_ms),)}
            await scale.measure()
            await hub.until(lambda: not scale.stored)
            assert named(home, scale) == {"unknown", 0}
            # no code, and nothing of a person, is in the village's database
            profile = UserProfile(date(1948, 3, 9), Sex.FEMALE, 163)
            token = new_token()
            home.config.hub.run.mkdir(exist_ok=True)
            path = home.config.hub.run / data_file(token)
            path.write_text(json.dumps(write_profile(profile)))
            before = scale.users.changes[0]
            told = await asked(home, scale, "data", index=0, file=token)
            assert (told["state"], told["written"]) == ("done", True)
            assert not path.exists()
            assert scale.users.data[0] == {
                "2A85": bytes((0x9C, 0x07, 3, 9)),
                "2A80": bytes((78,)),
                "2A8C": b"\x01",
                "2A8E": (163).to_bytes(2, "little"),
            }
            assert scale.users.changes[0] == before + 1
            assert home.users.user(address, 0).increment == before + 1
            for file in (token, "../keys/bonds.json"):
                told = await asked(home, scale, "data", index=0, file=file)
                assert told["state"] == "failed"

    hub.run(main())


def test_who_presses_twice_is_registered_once(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, users=1, stored=1) as (scale, home):
            address = scale.address_text
            await home.paired(address)
            await hub.until(lambda: not scale.stored and scale.connection is None)
            arguments = {"action": "register", "address": address, "wait_s": 15}
            numbers = [home.village.ask("user", arguments, hub.now_ms) for _ in range(2)]
            await hub.until(lambda: not home.village.open_requests())
            states = [home.village.request(number).state for number in numbers]
            assert states == ["done", "failed"]
            assert list(scale.users.codes) == [0]

    hub.run(main())


def test_a_full_scale_says_what_to_do(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, users=2, registered=2, places=2, stored=2) as (scale, home):
            address = scale.address_text
            await home.paired(address)
            told = await asked(home, scale, "register")
            assert told["state"] == "failed"
            assert "löschen" in told["hint"]
            assert home.users.users(address) == ()
            assert len(scale.users.codes) == 2

    hub.run(main())


def test_an_answer_that_was_never_heard_registers_nobody_twice(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, users=1, stored=1) as (scale, home):
            address = scale.address_text
            await home.paired(address)
            say = scale.say

            async def cut(connection: Any, _uuid: str, _answer: bytes) -> None:
                scale.say = say  # type: ignore[method-assign]
                await scale.hang_up(connection)

            scale.say = cut  # type: ignore[method-assign]
            told = await asked(home, scale, "register")
            assert (told["state"], told["unclear"]) == ("failed", True)
            assert "nachsehen" in told["hint"]
            assert list(scale.users.codes) == [0]
            told = await asked(home, scale, "register")
            assert (told["state"], told["unclear"]) == ("failed", True)
            assert list(scale.users.codes) == [0]
            told = await asked(home, scale, "register", index=0)  # a person read it off the scale
            assert (told["state"], told["index"]) == ("done", 0)
            assert home.users.user(address, None) is None
            assert home.users.user(address, 0).state is UserState.OK
            told = await asked(home, scale, "register", anew=True)
            assert (told["state"], told["index"]) == ("done", 1)

    hub.run(main())


def test_a_user_deleted_at_the_scale_is_no_longer_asked_for(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, users=1, stored=2, registered=1) as (scale, home):
            address = scale.address_text
            home.users.enter(address, 0, consent_code(0), hub.now_ms)
            await home.paired(address)
            await hub.until(lambda: not scale.stored)
            scale.delete_user(0)
            await scale.measure()  # of somebody it does not know any more
            await hub.until(lambda: not scale.stored)
            stopped = UserState.STOPPED_CODE  # once the next connection asked
            await hub.until(lambda: home.users.user(address, 0).state is stopped)
            assert named(home, scale) == {0, "unknown"}

    hub.run(main())


def test_a_user_is_deleted_once_the_readings_are_here(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, users=1, stored=3, registered=1) as (scale, home):
            address, truth = scale.address_text, list(scale.stored)
            home.users.enter(address, 0, consent_code(0), hub.now_ms)
            await home.paired(address)
            told = await asked(home, scale, "delete", index=0)
            assert (told["state"], told["deleted"]) == ("done", True)
            assert scale.users.codes == {}
            assert home.users.users(address) == ()
            assert sorted(values(home, scale)) == sorted(truth)
            told = await asked(home, scale, "delete", index=0)
            assert told["state"] == "failed"

    hub.run(main())


def connections(scale: Scale) -> list[int]:
    """Count the connections from now on."""
    counted: list[int] = []
    before = scale.on_connected

    def count() -> None:
        counted.append(len(counted))
        before()

    scale.on_connected = count  # type: ignore[method-assign]
    return counted


@pytest.mark.parametrize(("looks", "most"), [("subscription", 1), ("once", 3)])
def test_each_user_is_served_at_once_whenever_the_scale_looks(
    hub: SimpleNamespace, looks: str, most: int
) -> None:
    async def main() -> None:
        options = {"stored": 12, "users": 3, "registered": 3, "seed": 4, "looks": looks}
        async with beside(hub, **options) as (scale, home):
            address, truth = scale.address_text, list(scale.stored)
            assert {one.user for one in scale._queue} == {0, 1, 2}
            for index in range(3):
                home.users.enter(address, index, consent_code(index), hub.now_ms)
            home.sensors._queue._rest_s = 3600.0  # what is not served at once is not served
            counted = connections(scale)
            await home.paired(address)
            await hub.until(lambda: not scale.stored, 40.0)
            assert sorted(values(home, scale)) == sorted(truth)
            assert len(counted) <= most + 1, "the connection that paired may have come first"

    hub.run(main())


@pytest.mark.parametrize("looks", ["consent", "subscription", "once"])
def test_nothing_is_deleted_that_is_still_on_the_scale(hub: SimpleNamespace, looks: str) -> None:
    async def main() -> None:
        options = {"stored": 8, "users": 2, "registered": 2, "seed": 4, "looks": looks}
        async with beside(hub, **options) as (scale, home):
            address = scale.address_text
            theirs = [one.value for one in scale._queue if one.user == 1]
            assert theirs
            await home.paired(address)
            await hub.until(lambda: scale.connection is None)
            for index in (0, 1):
                home.users.enter(address, index, consent_code(index), hub.now_ms)
            arguments = {"action": "delete", "address": address, "wait_s": 30, "index": 1}
            number = home.village.ask("user", arguments, hub.now_ms)
            await hub.until(lambda: 1 not in scale.users.codes, 40.0)
            assert set(theirs) <= set(values(home, scale))
            await hub.until(lambda: home.village.request(number).state == "done")
            await hub.until(lambda: not scale.stored, 40.0)

    hub.run(main())


def test_a_deletion_waits_where_somebody_else_was_asked_first(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, stored=8, users=2, registered=2, seed=4) as (scale, home):
            address = scale.address_text
            await home.paired(address)
            await hub.until(lambda: scale.connection is None)
            for index in (0, 1):
                home.users.enter(address, index, consent_code(index), hub.now_ms)
            for action, index in (("code", 0), ("delete", 1)):
                arguments = {"action": action, "address": address, "wait_s": 30, "index": index}
                number = home.village.ask("user", arguments, hub.now_ms)
            counted = connections(scale)
            await hub.until(lambda: 1 not in scale.users.codes, 40.0)
            assert len(counted) == 2, "the first was the other's: it may have kept this one's"
            await hub.until(lambda: home.village.request(number).state == "done")

    hub.run(main())


def test_a_transfer_cut_again_and_again_loses_and_doubles_nothing(hub: SimpleNamespace) -> None:
    async def main() -> None:
        options = {"stored": 8, "users": 2, "registered": 2, "seed": 4, "drop_after": 2}
        async with beside(hub, **options) as (scale, home):
            address, truth = scale.address_text, list(scale.stored)
            for index in (0, 1):
                home.users.enter(address, index, consent_code(index), hub.now_ms)
            await home.paired(address)
            await hub.until(lambda: not scale.stored, 60.0)
            assert sorted(values(home, scale)) == sorted(truth)
            assert home.sensors.kept > len(truth)
            for index in (0, 1):
                assert home.users.user(address, index).state is UserState.OK

    hub.run(main())


def test_unpairing_forgets_the_codes_and_not_whose_index_it_was(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, users=1, stored=1, registered=1) as (scale, home):
            address = scale.address_text
            home.users.enter(address, 0, consent_code(0), hub.now_ms)
            await home.paired(address)
            await hub.until(lambda: not scale.stored)
            await home.asked("unpair", address=address)
            assert home.users.devices() == frozenset()
            assert home.users.users(address) == ()
            assert home.users.began() == {address: ((0, hub.now_ms),)}
            assert str(consent_code(0)) not in home.config.hub.scale_users.read_text()
            told = await asked(home, scale, "register")
            assert told["state"] == "failed"
            assert "nicht gekoppelt" in told["hint"]

    hub.run(main())


def test_codes_that_cannot_be_read_stop_nothing_else(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, users=1, stored=2) as (scale, home):
            home.config.hub.scale_users.mkdir()  # also root cannot read it
            await home.paired(scale.address_text)
            await hub.until(lambda: not scale.stored)
            assert named(home, scale) == {"unknown"}
            await hub.until(lambda: home.village.devices("ble")[0].last_error)
            assert "dorfhub doctor" in home.village.devices("ble")[0].last_error
            assert home.sensors.status().state == "ok"
            home.config.hub.scale_users.rmdir()

    hub.run(main())


def test_a_spoiled_file_of_codes_is_set_aside_and_begun_anew(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, users=1, stored=2) as (scale, home):
            users = ScaleUsers(home.config.hub.scale_users)
            home.config.hub.scale_users.write_text("{")
            await home.paired(scale.address_text)
            await hub.until(lambda: not scale.stored)
            assert named(home, scale) == {"unknown"}
            assert users.aside.read_text() == "{"
            assert users.devices() == {scale.address_text}
            assert users.is_lost()
            assert home.sensors.status().state == "ok"

    hub.run(main())


def test_nobody_waits_for_a_scale_that_sleeps(hub: SimpleNamespace) -> None:
    async def main() -> None:
        async with beside(hub, users=1, stored=1) as (scale, home):
            await home.paired(scale.address_text)
            await hub.until(lambda: not scale.stored and scale.connection is None)
            scale.dead = True
            await scale.advertise()
            number = home.village.ask(
                "user",
                {"action": "register", "address": scale.address_text, "wait_s": 15},
                hub.now_ms,
            )
            home.clock.wall_ms += 16_000
            await hub.until(lambda: home.village.request(number).state == "failed")
            assert "daraufsteigen" in home.village.request(number).result["hint"]

    hub.run(main())
