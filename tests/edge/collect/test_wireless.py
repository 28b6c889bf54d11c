"""Receivers on real pseudo-terminals, heard by the real collector into real stores."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.collect import street as street_module
from edge.collect.wireless import Receivers
from edge.config import (
    Config,
    Datasette,
    Hub,
    Meter,
    Personal,
    Publish,
    Radio,
    Receiver,
    Site,
    Sync,
    Web,
    Wireless,
)
from edge.process.log import Log
from edge.store.journal import Journal
from edge.store.village import VillageStore
from hardware.sim.stick import Transmission, VirtualStick
from hardware.sim.stick_wire import Amb8465Wire, CulWire, HexWire, Im871aWire, RtlWire, Wire
from hardware.wmbus.link import LinkFrame

PATIENCE_S = 20.0
ADDRESS = bytes.fromhex("2D2C998734761B04")
DEVICE = "wmbus:KAM-76348799-1B-04"
WIRES: dict[str, Callable[[], Wire]] = {
    "im871a": Im871aWire,
    "amb8465": Amb8465Wire,
    "cul": CulWire,
    "rtl_wmbus": RtlWire,
    "raw_hex": HexWire,
}


def telegram(number: int, *, address: bytes = ADDRESS, size: int = 4) -> bytes:
    payload = bytes((0x7A, number & 0xFF, 0, 0, 0)) + number.to_bytes(size, "little")
    return LinkFrame(0x44, address, payload).raw


def wait(true: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


class House:
    """One hub's stores, and its receivers while they run."""

    def __init__(self, folder: Path, *receivers: Receiver, keep_every_s: float = 0.0) -> None:
        self.config = Config(
            source=folder / "hub.toml",
            hub=Hub("Test", "Testdorf", folder),
            web=Web(),
            datasette=Datasette(),
            sync=Sync(),
            radio=Radio(),
            personal=Personal(folder / "key"),
            publish=Publish(),
            sites=(Site("hall", "Dorfgemeinschaftshaus", communal=True),),
            meters=(Meter("halle", "Halle", "hall", "", "wmbus", wireless="KAM-76348799"),),
            receivers=receivers,
            wireless=Wireless(keep_every_s),
        )
        self.journal = Journal(self.config.hub.journal_db)
        self.village = VillageStore(self.config.hub.village_db)

    @contextmanager
    def running(self) -> Iterator[Receivers]:
        stop = threading.Event()
        receivers = Receivers(
            self.config,
            self.journal,
            self.village,
            SystemClock(),
            stop,
            Log(),
            rng=random.Random(1),
        )
        receivers.start()
        try:
            yield receivers
        finally:
            stop.set()
            assert receivers.join(PATIENCE_S)

    def kept(self) -> list[bytes]:
        return [entry.payload for entry in self.journal.pending("village", 100_000)]

    def close(self) -> None:
        self.journal.close()
        self.village.close()


def receiver(kind: str, transport: str, *, receiver_id: str = "turm") -> Receiver:
    return Receiver(receiver_id, kind, transport, "T1")  # type: ignore[arg-type]


def state(receivers: Receivers, name: str = "turm") -> str:
    return next(part.state for part in receivers.status() if part.name == name)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(street_module, "BATCH_S", 0.1)
    monkeypatch.setattr(street_module, "FLUSH_S", 0.1)
    monkeypatch.setattr("edge.collect.receivers.LONGEST_PAUSE_S", 0.2)


@pytest.mark.parametrize("kind", WIRES)
def test_every_kind_is_heard_from_its_wire_to_the_journal(kind: str, tmp_path: Path) -> None:
    with VirtualStick(WIRES[kind]()) as stick:
        house = House(tmp_path, receiver(kind, f"serial:{stick.port}"))
        with house.running() as receivers:
            wait(lambda: state(receivers) == "ok")
            sent = [telegram(number) for number in range(20)]
            for raw in sent:
                assert stick.hear(Transmission(raw))
            wait(lambda: receivers.street.counts("turm").get("kept") == len(sent))
        assert house.kept() == sent
        (sign,) = house.village.heard_meters()
        assert (sign.device, sign.telegrams) == (DEVICE, len(sent))
        if kind in {"im871a", "amb8465", "cul"}:
            assert sign.last_rssi_dbm == pytest.approx(-60, abs=3)
        found = {one.kind: one.count for one in house.village.receiver_counts(0)}
        assert found["kept"] == len(sent)
        house.close()


def test_bad_input_is_counted_by_kind_and_never_fatal(tmp_path: Path) -> None:
    rng = random.Random(5)
    with VirtualStick(Im871aWire()) as stick:
        house = House(tmp_path, receiver("im871a", f"serial:{stick.port}"))
        with house.running() as receivers:
            wait(lambda: state(receivers) == "ok")
            sent = []
            for number in range(40):
                raw = telegram(number)
                whole = stick.wire.frame(raw, "T1", -60.0, stick._now())
                stick.disturb(rng.randbytes(rng.randint(1, 60)).replace(b"\xa5", b"\x00"))
                stick.disturb(whole[: len(whole) // 2])  # half a frame
                broken = bytearray(whole)
                broken[-4] ^= 1  # its checksum is wrong now
                stick.disturb(bytes(broken))
                stick.disturb(b"\xa5\x82\x03\xff" + rng.randbytes(20))  # longer than any telegram
                stick.disturb(bytes(300))
                sent.append(raw)
                assert stick.hear(Transmission(raw))
                assert stick.hear(Transmission(sent[rng.randrange(number + 1)]))  # a replay
                hostile = LinkFrame(0x44, ADDRESS, rng.randbytes(rng.randint(1, 240))).raw
                assert stick.hear(Transmission(hostile))
            wait(lambda: receivers.street.counts("turm").get("heard", 0) >= 3 * len(sent))
            counts = receivers.street.counts("turm")
            assert state(receivers) == "ok"
        assert counts["noise"] > 0
        assert counts["checksum"] > 0
        assert counts["duplicate"] >= len(sent) * 0.5
        assert set(sent) <= set(house.kept())
        house.close()


def test_a_stick_that_is_pulled_out_and_put_in_again(tmp_path: Path) -> None:
    port = tmp_path / "stick"
    house = House(tmp_path, receiver("im871a", f"serial:{port}"))
    with house.running() as receivers:
        for number in range(3):
            wait(lambda: state(receivers) == "degraded")
            with VirtualStick(Im871aWire()) as stick:
                port.symlink_to(stick.port)
                wait(lambda: state(receivers) == "ok")
                assert stick.hear(Transmission(telegram(number)))
                wait(lambda: receivers.street.counts("turm").get("kept") == number + 1)  # noqa: B023
            port.unlink()
        wait(lambda: state(receivers) == "degraded")
        hint = next(part.message for part in receivers.status() if part.name == "turm")
        assert "Kabel" in hint
        assert receivers.street.counts("turm")["reset"] >= 2
    assert house.kept() == [telegram(number) for number in range(3)]
    house.close()


def test_the_wrong_stick_is_told_and_the_other_one_goes_on(tmp_path: Path) -> None:
    with VirtualStick(CulWire(modes="s")) as wrong, VirtualStick(Amb8465Wire()) as right:
        house = House(
            tmp_path,
            receiver("cul", f"serial:{wrong.port}"),
            receiver("amb8465", f"serial:{right.port}", receiver_id="hof"),
        )
        with house.running() as receivers:
            wait(lambda: state(receivers, "hof") == "ok")
            wait(lambda: state(receivers) == "degraded")
            right.hear(Transmission(telegram(1)))
            wait(lambda: receivers.street.counts("hof").get("kept") == 1)
        house.close()


def test_a_slow_card_never_stops_the_reading_of_the_stick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VirtualStick(HexWire()) as stick:
        house = House(tmp_path, receiver("raw_hex", f"serial:{stick.port}"))
        append, gate = house.journal.append_many, threading.Event()

        def slow(arrivals: object) -> list[int]:
            assert gate.wait(PATIENCE_S)
            return append(arrivals)  # type: ignore[arg-type]

        monkeypatch.setattr(house.journal, "append_many", slow)
        with house.running() as receivers:
            wait(lambda: state(receivers) == "ok")
            sent = [telegram(number, size=8) for number in range(2000)]
            for raw in sent:
                assert stick.hear(Transmission(raw))
            wait(lambda: receivers.street.counts("turm").get("heard") == len(sent))
            assert house.kept() == []
            gate.set()
        assert house.kept() == sent
        assert stick.missed == 0
        house.close()


def test_a_program_writes_into_a_pipe_and_is_started_anew(tmp_path: Path) -> None:
    pipe = tmp_path / "rtl"
    os.mkfifo(pipe)
    house = House(tmp_path, receiver("rtl_wmbus", f"pipe:{pipe}"))
    wire = RtlWire()
    with house.running() as receivers:
        wait(lambda: state(receivers) == "ok")
        for number in range(2):
            with pipe.open("wb") as program:
                program.write(wire.frame(telegram(number), "T1", -60.0, datetime.now(UTC)))
            wait(lambda: receivers.street.counts("turm").get("kept") == number + 1)  # noqa: B023
    house.close()


def test_a_bug_of_one_receiver_is_told_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VirtualStick(HexWire()) as stick, VirtualStick(HexWire()) as other:
        house = House(
            tmp_path,
            receiver("raw_hex", f"serial:{stick.port}"),
            receiver("raw_hex", f"serial:{other.port}", receiver_id="hof"),
        )
        with house.running() as receivers:
            wait(lambda: state(receivers) == state(receivers, "hof") == "ok")
            hear = receivers.street.hear

            def broken(name: str, heard: object) -> None:
                if name == "turm":
                    raise ZeroDivisionError
                hear(name, heard)  # type: ignore[arg-type]

            monkeypatch.setattr(receivers.street, "hear", broken)
            stick.hear(Transmission(telegram(1)))
            wait(lambda: state(receivers) == "failed")
            other.hear(Transmission(telegram(2)))
            wait(lambda: receivers.street.counts("hof").get("kept") == 1)
        house.close()


def test_no_receiver_needs_no_thread(tmp_path: Path) -> None:
    house = House(tmp_path)
    before = threading.active_count()
    with house.running() as receivers:
        assert threading.active_count() == before
        assert receivers.status() == ()
    house.close()


def test_thinning_keeps_each_quarter_hour_and_counts_the_rest(tmp_path: Path) -> None:
    with VirtualStick(HexWire()) as stick:
        house = House(tmp_path, receiver("raw_hex", f"serial:{stick.port}"))
        house.config = replace(house.config, wireless=Wireless(86_400.0))
        with house.running() as receivers:
            wait(lambda: state(receivers) == "ok")
            for number in range(50):
                stick.hear(Transmission(telegram(number)))
            wait(lambda: receivers.street.counts("turm").get("heard") == 50)
        assert len(house.kept()) in {1, 2}  # 2: the test runs over midnight
        house.close()
