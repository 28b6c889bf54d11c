from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hardware.errors import TransportError
from hardware.mbus.frame import encode_short
from hardware.sim.meter import Acknowledgements, VirtualMeter
from hardware.sim.port_link import LinkInUse
from hardware.sim.telegrams import FileTelegrams, HeatTelegrams
from hardware.transport import Transport, open_transport

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
FRAME = HeatTelegrams(1, address=1, installed=NOON).current(NOON)


def _ask(line: Transport, control: int) -> bytes:
    line.write(encode_short(control, 1))
    answer = b""
    while len(answer) < (1 if control == 0x40 else len(FRAME)):
        more = line.read(300, 5.0)
        assert more, "no answer"
        answer += more
    return answer


def test_it_answers_on_a_real_terminal_through_its_link(tmp_path: Path) -> None:
    link = tmp_path / "meter"
    with VirtualMeter(FileTelegrams([FRAME]), link=link) as meter:
        assert str(link.readlink()) == meter.port
        for _ in range(2):  # whoever closes the port may open it again
            line = open_transport(f"serial:{link}")
            assert _ask(line, 0x40) == b"\xe5"
            assert _ask(line, 0x7B) == FRAME
            line.close()
    assert not link.is_symlink()


def test_a_stale_link_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "meter"
    gone = VirtualMeter(FileTelegrams([FRAME]))
    gone.close()
    for old in ("/nowhere", "/dev/pts/999999", "/dev/null"):
        link.unlink(missing_ok=True)
        link.symlink_to(old)
        with VirtualMeter(FileTelegrams([FRAME]), link=link) as meter:
            assert str(link.readlink()) == meter.port
    link.symlink_to(gone.port)
    with VirtualMeter(FileTelegrams([FRAME]), link=link) as meter:
        assert str(link.readlink()) == meter.port
    assert not link.is_symlink()


def test_the_link_of_a_living_meter_is_not_taken(tmp_path: Path) -> None:
    link = tmp_path / "meter"
    with VirtualMeter(FileTelegrams([FRAME]), link=link) as meter:
        with pytest.raises(LinkInUse, match="is in use"):
            VirtualMeter(FileTelegrams([FRAME]), link=link)
        assert str(link.readlink()) == meter.port
        line = open_transport(f"serial:{link}")
        assert _ask(line, 0x40) == b"\xe5"
        line.close()


def test_a_link_that_points_elsewhere_by_then_is_left(tmp_path: Path) -> None:
    link = tmp_path / "meter"
    with VirtualMeter(FileTelegrams([FRAME]), link=link):
        link.unlink()
        link.symlink_to("/dev/null")
    assert str(link.readlink()) == "/dev/null"
    link.unlink()
    with VirtualMeter(FileTelegrams([FRAME]), link=link):
        link.unlink()
        link.write_text("precious")
    assert link.read_text() == "precious"


def test_of_two_who_want_one_link_at_once_one_has_it(tmp_path: Path) -> None:
    link = tmp_path / "meter"
    start = threading.Barrier(4)
    made: list[VirtualMeter] = []
    refused: list[LinkInUse] = []

    def go() -> None:
        start.wait()
        try:
            made.append(VirtualMeter(FileTelegrams([FRAME]), link=link))
        except LinkInUse as error:
            refused.append(error)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 3)
    assert str(link.readlink()) == made[0].port
    made[0].close()


def test_a_file_in_the_links_place_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "meter").write_text("precious")
    with pytest.raises(TransportError, match="a file of this name exists"):
        VirtualMeter(FileTelegrams([FRAME]), link=tmp_path / "meter")
    assert (tmp_path / "meter").read_text() == "precious"


def test_each_acknowledged_telegram_is_a_line_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "told"
    path.write_text("EARLIER\n")
    told = Acknowledgements(path)
    with VirtualMeter(FileTelegrams([FRAME]), acknowledged=told) as meter:
        line = open_transport(f"serial:{meter.port}")
        for control in (0x7B, 0x7B, 0x5B):
            _ask(line, control)
        assert path.read_text() == f"EARLIER\n{FRAME.hex().upper()}\n"
        line.close()
    told.close()


def test_a_log_that_cannot_be_written_ends_the_meter_loudly() -> None:
    def full(_: bytes) -> None:
        raise OSError("no space left")

    meter = VirtualMeter(FileTelegrams([FRAME]), acknowledged=full)
    line = open_transport(f"serial:{meter.port}")
    _ask(line, 0x7B)
    line.write(encode_short(0x5B, 1))
    assert line.read(300, 0.3) == b""
    line.close()
    with pytest.raises(OSError, match="no space left"):
        meter.close()
    meter.close()


def test_the_time_is_an_argument() -> None:
    with VirtualMeter(HeatTelegrams(1, address=1, installed=NOON), now=lambda: NOON) as meter:
        line = open_transport(f"serial:{meter.port}")
        assert _ask(line, 0x7B) == FRAME
        line.close()
