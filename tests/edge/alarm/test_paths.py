"""What every path promises, over each of them; the devices are virtual, the ports are real."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.alarm.note import MOST_FILES, NotePath
from edge.alarm.path import AlarmError, AlarmPath, Notice, Reply, Report
from edge.alarm.sms import SmsPath
from edge.alarm.sounder import SoundPath
from edge.alarm.switch import SerialRelay
from edge.care.ladder import Rung
from edge.config.alarm import Modem
from hardware.errors import TransportError
from hardware.relay import BOARDS, read, switch
from hardware.sim.modem import ModemOptions, VirtualModem
from hardware.sim.relay import VirtualRelay
from hardware.transport.gpio import OutputPin

KARL = "0170 1234567"


def notice(key: str = "1", *, is_test: bool = False, phone: str = KARL) -> Notice:
    return Notice(key, 17, Rung.RELATIVE, "Bitte nach Jürgen sehen", phone, is_test)


@dataclass
class Rig:
    """A path, how to see what it did, and how to break its device."""

    path: AlarmPath
    did: Callable[[], list[str]]
    unplug: Callable[[], None]


def sms_rig(stack: ExitStack, tmp_path: Path) -> Rig:
    options = ModemOptions(pin="1234")
    modem = stack.enter_context(VirtualModem(options))
    path = SmsPath(Modem(modem.moniker, "1234"), tmp_path / "refused", register_s=1)

    def unplug() -> None:
        options.is_dead = True
        path.close()

    return Rig(path, lambda: [one.text for one in options.sent], unplug)


def sounder_rig(stack: ExitStack, tmp_path: Path) -> Rig:
    relay = VirtualRelay()
    stack.callback(relay.close)
    path = SoundPath("siren", SerialRelay(relay.moniker, "lctech", 2), 0.2, tmp_path / "until")

    def did() -> list[str]:
        return [f"{channel}" for _, channel, on in relay.book if on]

    def unplug() -> None:
        path._switch = SerialRelay("serial:/dev/no-such-port", "lctech", 2)  # type: ignore[assignment]

    return Rig(path, did, unplug)


def note_rig(stack: ExitStack, tmp_path: Path) -> Rig:
    del stack
    folder = tmp_path / "notes"
    path = NotePath("", folder)

    def unplug() -> None:
        path._folder = Path("/proc/no/such/folder")

    return Rig(path, lambda: [one.read_text() for one in folder.glob("*.txt")], unplug)


def printer_rig(stack: ExitStack, tmp_path: Path) -> Rig:
    """A CUPS that is two programs of its names, as the system would have them."""
    bin_, out = tmp_path / "bin", tmp_path / "printed"
    bin_.mkdir()
    for name, text in (
        ("lpstat", '[ "$1" = -e ] && echo Laser || echo "system default destination: Laser"'),
        ("lp", f"cat >> {out}"),
    ):
        program = bin_ / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{bin_}:{before}"
    stack.callback(os.environ.__setitem__, "PATH", before)
    path = NotePath("usual", tmp_path / "unused")

    def unplug() -> None:
        (bin_ / "lp").write_text("#!/bin/sh\nexit 1\n")

    return Rig(path, lambda: [out.read_text()] if out.exists() else [], unplug)


@pytest.fixture(params=[sms_rig, sounder_rig, note_rig, printer_rig])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        found = request.param(stack, tmp_path)
        yield found
        found.path.close()


def test_it_tells_within_a_moment(rig: Rig) -> None:
    rig.path.tell(notice())
    deadline = time.monotonic() + 5
    while not rig.did() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(rig.did()) == 1
    rig.path.tell(notice("2", is_test=True))


def test_it_says_what_it_is_without_telling(rig: Rig) -> None:
    assert rig.path.check()
    assert not rig.did()
    assert rig.path.hear() == []


def test_one_that_is_broken_says_what_to_do_and_names_nobody(rig: Rig) -> None:
    rig.unplug()
    with pytest.raises(AlarmError) as caught:
        rig.path.tell(notice())
    assert caught.value.hint
    assert not caught.value.for_good
    assert "Jürgen" not in f"{caught.value}{caught.value.hint}"


def test_closing_twice_does_nothing(rig: Rig) -> None:
    rig.path.close()
    rig.path.close()


def test_a_short_message_is_reported_on_and_answered(tmp_path: Path) -> None:
    options = ModemOptions()
    with VirtualModem(options) as modem:
        path = SmsPath(Modem(modem.moniker), tmp_path / "refused")
        taken = path.tell(notice())
        assert options.sent[0].number == "01701234567"
        modem.receive("+491701234567", "1")
        came: list[Report | Reply] = []
        while len(came) < 2:
            came += path.hear()
        assert Report(str(taken.reference), did_arrive=True) in came
        assert Reply("+491701234567", "1") in came
        for wrong in ("", "Karl"):
            with pytest.raises(AlarmError) as caught:
                path.tell(notice(phone=wrong))
            assert caught.value.for_good
        options.send_error = 28
        with pytest.raises(AlarmError) as caught:
            path.tell(notice())
        assert caught.value.for_good
        path.close()


def test_a_pin_that_was_refused_is_never_tried_again(tmp_path: Path) -> None:
    options = ModemOptions(pin="1234")
    with VirtualModem(options) as modem:
        for _ in range(4):  # each a new process
            path = SmsPath(Modem(modem.moniker, "9999"), tmp_path / "refused")
            with pytest.raises(AlarmError) as caught:
                path.tell(notice())
            assert "PIN" in caught.value.hint
            assert not caught.value.for_good
            path.close()
        assert sum(line.startswith("AT+CPIN=") for line in options.asked) == 1
        assert stat.S_IMODE((tmp_path / "refused").stat().st_mode) == 0o600
        mended = SmsPath(Modem(modem.moniker, "1234"), tmp_path / "refused")
        mended.tell(notice())
        mended.close()


def test_a_siren_ends_by_itself_and_longer_if_two_want_it(tmp_path: Path) -> None:
    with VirtualRelay("kmtronic") as relay:
        mine, other = (
            SoundPath("siren", SerialRelay(relay.moniker, "kmtronic", 1), seconds, tmp_path / "u")
            for seconds in (0.3, 0.9)
        )
        mine.sound()
        other.sound()
        time.sleep(0.6)
        assert relay.on == {1}
        time.sleep(0.8)
        assert relay.on == frozenset()
        mine.sound(60)
        mine.close()
        time.sleep(0.1)
        assert relay.on == frozenset()


def test_a_siren_that_a_dead_process_left_on_is_switched_off(tmp_path: Path) -> None:
    with VirtualRelay() as relay:
        dead = SoundPath("siren", SerialRelay(relay.moniker, "lctech", 1), 0.2, tmp_path / "u")
        dead.sound()
        assert dead._timer is not None
        dead._timer.cancel()  # as after a SIGKILL
        time.sleep(0.3)
        assert relay.on == {1}
        born = SoundPath("siren", SerialRelay(relay.moniker, "lctech", 1), 0.2, tmp_path / "u")
        born.reset()
        time.sleep(0.1)
        assert relay.on == frozenset()
        (tmp_path / "u").write_text("never")
        born.reset()


def test_sheets_do_not_fill_the_card(tmp_path: Path) -> None:
    path = NotePath("", tmp_path)
    for key in range(MOST_FILES + 5):
        path.tell(notice(f"{key}"))
        path.tell(notice(f"{key}"))
    assert len(list(tmp_path.glob("*.txt"))) == MOST_FILES
    with pytest.raises(AlarmError):
        NotePath("Keiner", tmp_path).check()


def test_boards_switch_what_they_are_told() -> None:
    for board in BOARDS:
        for channel in range(1, 9):
            for on in (True, False):
                assert read(board, switch(board, channel, on=on)) == (channel, on)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="channels"):
            switch(board, 9, on=True)  # type: ignore[arg-type]
    assert switch("lctech", 1, on=True) == bytes.fromhex("A00101A2")
    assert switch("kmtronic", 2, on=False) == bytes.fromhex("FF0200")
    with pytest.raises(ValueError, match="nothing"):
        read("lctech", b"\xa0\x01\x01\x00")


@pytest.mark.skipif(Path("/dev/gpiochip0").exists(), reason="here is a real one")
def test_a_pin_that_is_not_there_says_what_to_do() -> None:
    pin = OutputPin(Path("/dev/gpiochip0"), 17)
    for act in (lambda: pin.set(on=True), pin.check):
        with pytest.raises(TransportError) as caught:
            act()
        assert "gpiodetect" in caught.value.hint
    pin.set(on=False)
    pin.close()
