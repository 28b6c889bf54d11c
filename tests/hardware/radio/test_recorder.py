"""A recorded session with a device gives back what the device sent."""

from __future__ import annotations

import asyncio
import re
import stat
import time
from pathlib import Path

import pytest
from bumble.snoop import Snooper

from hardware.ble import decode
from hardware.errors import TransportError
from hardware.hci.att import How
from hardware.hci.btsnoop import HEADER, Reader
from hardware.hci.listen import Heard, Listener, Passed
from hardware.radio import recorder
from hardware.radio.open import open_radio
from hardware.radio.recorder import Recorder
from hardware.sim.ether import Ether
from hardware.sim.thermometer import Thermometer, ThermometerOptions

TO_HOST = Snooper.Direction.CONTROLLER_TO_HOST
PACKET = bytes.fromhex("040e0401030c00")


def events(path: Path) -> list[object]:
    reader, listener = Reader(), Listener()
    got = [e for p in reader.feed(path.read_bytes()) for e in listener.packet(p)]
    assert reader.unread == 0
    return got + list(listener.end())


def test_a_session_is_recorded_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "air.btsnoop"

    async def main() -> list[bytes]:
        ether = Ether()
        options = ThermometerOptions(stored=5)
        device = Thermometer(ether.link, options, time.monotonic)
        await device.start()
        truth = list(device.stored)
        adapter = f"tcp:127.0.0.1:{await ether.listen()}"
        for pair, count in ((True, 3), (False, 5)):
            radio = open_radio("virtual", adapter, tmp_path / "bonds.json", record=file)
            await radio.start()
            await radio.discover("1809", 0.3)
            link = await radio.connect(device.address_text, pair=pair)
            got: list[bytes] = []
            await link.subscribe("2A1C", got.append)
            async with asyncio.timeout(10):
                while len(truth) - len(device.stored) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0)
            await radio.stop()
        await device.stop()
        await ether.close()
        return truth

    truth = asyncio.run(main())
    bonds = (tmp_path / "bonds.json").read_text()
    keys = {bytes.fromhex(one) for one in re.findall(r'"value": "([0-9a-f]{32})"', bonds)}
    assert keys
    assert not [key for key in keys if key in file.read_bytes() or key[::-1] in file.read_bytes()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    got = events(file)
    heard = {e.report.address for e in got if isinstance(e, Heard)}
    assert len(heard) == 1
    values = [e for e in got if isinstance(e, Passed)]
    assert {e.address for e in values} == heard
    indicated = [e.value for e in values if e.value.how is How.INDICATED]
    assert {v.uuid for v in indicated} == {"2A1C"}
    assert list(dict.fromkeys(v.value for v in indicated)) == truth
    assert decode("2A1C", indicated[0].value).records


def test_a_recording_is_continued(tmp_path: Path) -> None:
    file = tmp_path / "air.btsnoop"
    for _ in range(2):
        one = Recorder(file)
        one.snoop(PACKET, TO_HOST)
        one.close()
        one.close()
        one.snoop(PACKET, TO_HOST)  # over: nothing happens
    torn = file.read_bytes()
    file.write_bytes(torn + torn[len(HEADER) :][:10])  # a power cut
    Recorder(file).close()
    assert file.read_bytes() == torn
    assert len(list(Reader().feed(torn))) == 2


def test_what_cannot_be_recorded_to(tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.write_text("not to be overwritten")
    for path in (letter, tmp_path, tmp_path / "no folder" / "air"):
        with pytest.raises(TransportError) as caught:
            Recorder(path)
        assert "record" in caught.value.hint
    assert letter.read_text() == "not to be overwritten"
    with pytest.raises(TransportError) as caught:
        open_radio("bluez", "hci0", tmp_path / "bonds", record=tmp_path / "air")
    assert "btmon -w" in caught.value.hint


def test_it_ends_at_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MAX_BYTES", 100)
    one = Recorder(tmp_path / "air")
    for _ in range(9):
        one.snoop(PACKET, TO_HOST)
    assert (tmp_path / "air").stat().st_size <= 100


def test_a_full_disk_ends_the_recording_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Recorder(tmp_path / "air")
    with monkeypatch.context() as patch:
        patch.setattr(recorder.os, "write", lambda *_: 3)  # type: ignore[attr-defined]
        one.snoop(PACKET, TO_HOST)
    one.snoop(PACKET, TO_HOST)
    assert (tmp_path / "air").read_bytes() == HEADER


def test_an_adapter_that_is_absent_leaves_nothing_open(tmp_path: Path) -> None:
    async def main() -> None:
        radio = open_radio(
            "virtual", "tcp:127.0.0.1:1", tmp_path / "bonds.json", record=tmp_path / "air"
        )
        with pytest.raises(TransportError):
            await radio.start()

    asyncio.run(main())
    assert (tmp_path / "air").read_bytes() == HEADER
