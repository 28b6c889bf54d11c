from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hardware.sim.beacon import BeaconOptions
from hardware.sim.body import Illness
from hardware.sim.cuff import CuffOptions
from hardware.sim.ether import Ether
from hardware.sim.ward import KINDS, MAX_DEVICES, WardError, read_file, read_lines
from hardware.sim.ward_run import Ward

KEY = "231d39c1d7cc1ab1aee224cd096db932"


def test_one_of_each_from_lines() -> None:
    members = read_lines(tuple(f"kind={kind}" for kind in KINDS))
    assert [member.kind for member in members] == list(KINDS)
    assert [member.options.seed for member in members] == list(range(1, len(KINDS) + 1))


def test_what_a_line_says_is_what_is_meant() -> None:
    [cuff, ill, *rest] = read_lines(
        (
            "kind=cuff,name=Zimmer 3,seed=7,stored=5,users=2,every_s=0.5,keeps_time=nein",
            "kind=cuff,confirmed=book,illness=lung,passkey=12",
            f"kind=button,key={KEY},name=SOS,count=2",
        )
    )
    assert isinstance(cuff.options, CuffOptions)
    assert (cuff.options.name, cuff.options.seed, cuff.options.users) == ("Zimmer 3", 7, 2)
    assert (cuff.options.every_s, cuff.options.keeps_time) == (0.5, False)
    assert isinstance(ill.options, CuffOptions)
    assert ill.options.passkey == 12
    assert (str(ill.options.confirmed), ill.options.illness) == ("book", Illness.LUNG)
    assert [(one.options.name, one.options.seed) for one in rest] == [("SOS 1", 3), ("SOS 2", 4)]
    assert all(isinstance(one.options, BeaconOptions) for one in rest)
    assert all(one.options.key == bytes.fromhex(KEY) for one in rest)  # type: ignore[union-attr]


def test_a_file() -> None:
    members = read_file(
        b'[[device]]\nkind = "scale"\ntwo_packets = true\ncount = 3\n[[device]]\nstored = 2\n'
    )
    assert [member.kind for member in members] == ["scale"] * 3 + ["cuff"]
    assert all(member.options.two_packets for member in members[:3])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kind=toaster", "kein Gerät"),
        ("kind=cuff,colour=red", "kennt kein 'colour'"),
        ("kind=door,kind_=x", "kennt kein"),
        ("kind=cuff,stored", "fehlt"),
        ("kind=cuff,stored=many", "Zahl"),
        ("kind=cuff,stored=-1", "kann nicht"),
        ("kind=cuff,count=0", "count"),
        ("kind=cuff,count=61", "count"),
        ("kind=cuff,keeps_time=maybe", "true oder false"),
        ("kind=cuff,illness=plague", "plague"),
        ("kind=button,key=xyz", "key"),
    ],
)
def test_what_a_line_may_not_say(line: str, said: str) -> None:
    with pytest.raises(WardError, match=said):
        read_lines((line,))


@pytest.mark.parametrize(
    "raw", [b"", b"device = 1", b"[device]\nkind='cuff'", b"\xff", b"[[device]", b"device=[1]"]
)
def test_what_is_no_file(raw: bytes) -> None:
    with pytest.raises(WardError):
        read_file(raw)


def test_too_many_and_twice_the_same() -> None:
    with pytest.raises(WardError, match="61"):
        read_lines((f"count={MAX_DEVICES}", "kind=door"))
    with pytest.raises(WardError, match="Adresse"):
        read_lines(("kind=cuff,seed=3", "kind=cuff,seed=3"))
    assert len(read_lines(("kind=cuff,seed=3", "kind=scale,seed=3"))) == 2
    with pytest.raises(WardError, match="True"):
        read_file(b"[[device]]\nstored = true")


def test_sixty_are_told_and_do_what_is_typed() -> None:
    async def main() -> None:
        lines = (
            "kind=cuff,passkey=12,shown_passkey=13,stored=1",
            f"kind=button,key={KEY}",
            "kind=scale,registered=2,users=2",
            "kind=door",
            "kind=climate,heat_c=34,heat_over_s=0",
            *(f"kind={kind},count=8" for kind in KINDS[:6]),
            "kind=belt,count=7",
        )
        ether = Ether()
        ward = Ward(ether.link, read_lines(lines))
        assert len(ward.devices) == MAX_DEVICES
        await ward.start()
        cuff, button, scale, door, _climate, *_ = ward.describe()
        assert cuff["passkey"] == "000013"
        assert cuff["stored"] == 1
        assert button["bindkey"] == KEY
        assert scale["consent_codes"] == {"0": 1000, "1": 1001}
        assert set(door) == {"kind", "name", "address", "seed"}
        assert len({told["address"] for told in ward.describe()}) == MAX_DEVICES
        await ward.command("measure 1")
        await ward.command("ill 1 infection 5")
        await ward.command("forget 1")
        await ward.command("press 2")
        await ward.command("hold 2")
        await ward.command("on 4")
        await ward.command("heat 5 35 0 60")
        first: Any = ward.devices[0]
        last: Any = ward.devices[3]
        assert len(first.stored) == 2
        assert first._bodies[0].illness is Illness.INFECTION
        assert last.state is True
        for wrong in (
            "",
            "dance 1",
            "measure",
            "measure x",
            "measure 61",
            "measure 2",
            "press 1",
            "press 4",
            "on 2",
            "ill 1",
            "ill 1 plague",
            "ill 1 lung soon",
            "heat 1 35",
            "heat 4 35",
            "heat 5",
            "heat 5 hot",
            "heat 5 400",
        ):
            with pytest.raises(WardError):
                await ward.command(wrong)
        await ward.stop()
        await ether.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
