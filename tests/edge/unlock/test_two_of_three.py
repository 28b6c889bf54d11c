"""Setting up and opening, with a real key server, a stick's folder and memory."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.config import Config
from edge.store.personal import PersonalStore
from edge.unlock import installing, memory, pin, tang
from edge.unlock.errors import DoesNotOpen, FactorAbsent, MustWait, Refused, WrongFactor
from edge.unlock.installing import Installing
from edge.unlock.opener import Opener
from tests.edge.unlock.conftest import Tang

PIN = "271828"
NOW = 1_800_000_000_000


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin, "MEMORY_KIB", 64)  # the cost is kept in the record


def plain(hub: Config) -> Path:
    return hub.hub.keys / "personal.key"


def key_of(hub: Config) -> bytes:
    key = memory.read(plain(hub))
    assert key is not None
    return key


def install(hub: Config, stick: Path, url: str) -> None:
    work = Installing(Opener.of(hub), key_of(hub))
    work.use_tang(url, tang.thumbprints(url)[0])
    work.use_token(stick)
    work.use_pin(PIN)
    work.draft()
    assert work.attempt(lambda: PIN) == {}
    work.finish(plain(hub))


def opens(hub: Config) -> bool:
    PersonalStore.open(hub.hub.personal_db, hub.personal.key_file).close()
    return True


def reboot(hub: Config) -> Opener:
    for path in hub.personal.key_file.parent.glob("*"):
        path.unlink()
    return Opener.of(hub)


def test_each_pair_opens_after_a_reboot(hub: Config, stick: Path, tang_server: Tang) -> None:
    with tang_server.serving() as url:
        install(hub, stick, url)
        assert not plain(hub).exists()
        assert stat.S_IMODE(hub.personal.key_file.stat().st_mode) == 0o600
        assert opens(hub)

        opener = reboot(hub)
        assert opener.is_locked
        assert opener.without_person()  # server and stick
        assert opens(hub)

        (token,) = stick.glob("*.key")
        away = stick.parent.parent / "away"
        token.rename(away)
        opener = reboot(hub)
        assert not opener.without_person()
        opener.with_pin(PIN, NOW)  # server and PIN
        assert opens(hub)
        away.rename(token)

    opener = reboot(hub)
    assert not opener.without_person()
    opener.with_pin(PIN, NOW)  # stick and PIN
    assert opens(hub)

    token.rename(away)
    opener = reboot(hub)
    with pytest.raises(FactorAbsent) as refused:
        opener.with_pin(PIN, NOW)
    assert "Stick" in refused.value.hint
    assert "Schlüsselserver" in refused.value.hint
    assert opener.is_locked
    stick.joinpath("dorfhub-unlock-0.key").write_bytes(bytes(32))
    with pytest.raises(WrongFactor):
        opener.without_person()


def test_wrong_pins_wait_longer_and_longer_over_reboots(
    hub: Config, stick: Path, tang_server: Tang
) -> None:
    with tang_server.serving() as url:
        install(hub, stick, url)
    now, waits = NOW, []
    for _ in range(12):
        opener = reboot(hub)
        with pytest.raises(DoesNotOpen):
            opener.with_pin("999999", now)
        try:
            with pytest.raises(DoesNotOpen):
                reboot(hub).with_pin("999998", now)
        except MustWait as error:
            waits.append(error.wait_s)
            with pytest.raises(MustWait):
                reboot(hub).with_pin(PIN, now)  # not even the right one
            now += error.wait_s * 1000
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (60, 3600)
    opener.with_pin(PIN, now)
    assert not opener.tries_path.exists()


def test_what_is_locked_by_hand_stays_locked(hub: Config, stick: Path, tang_server: Tang) -> None:
    with tang_server.serving() as url:
        install(hub, stick, url)
        opener = Opener.of(hub)
        opener.lock()
        assert opener.is_locked
        assert not opener.without_person()
        assert reboot(hub).without_person()


def test_a_cut_between_any_two_steps_leaves_a_way_in(
    hub: Config, stick: Path, tang_server: Tang, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every write, rename and removal of setting up fails once, before and after it is done."""

    class Cut(BaseException):
        pass

    key, count, cut_at = key_of(hub), 0, 0

    def cutting(real):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        def step(*given, **named):  # type: ignore[no-untyped-def]  # noqa: ANN002, ANN003, ANN202
            nonlocal count
            count += 1
            if count == cut_at:
                raise Cut
            done = real(*given, **named)
            count += 1
            if count == cut_at:
                raise Cut
            return done

        return step

    with tang_server.serving() as url:
        with monkeypatch.context() as patch:
            patch.setattr(installing, "replace_private", cutting(installing.replace_private))
            patch.setattr(installing, "flush", cutting(installing.flush))
            patch.setattr(memory, "put", cutting(memory.put))
            patch.setattr(Path, "replace", cutting(Path.replace))
            patch.setattr(Path, "unlink", cutting(Path.unlink))
            for cut_at in range(1, 200):  # noqa: B007 - read by the steps
                count = 0
                plain(hub).write_text(key.hex())
                try:
                    install(hub, stick, url)
                except Cut:
                    count = -1000  # the power is off: what follows is a reboot
                    opener = reboot(hub)
                    assert plain(hub).exists() or opener.without_person()
                    if opener.is_set_up:  # the record that counts always opens
                        opener.record()
                        assert opener.without_person()
                        assert opens(hub)
                else:
                    break
        assert cut_at > 12
        assert reboot(hub).without_person()


def test_fewer_than_two_open_pairs_change_nothing(
    hub: Config, stick: Path, tang_server: Tang
) -> None:
    work = Installing(Opener.of(hub), key_of(hub))
    work.use_pin(PIN)
    work.use_token(stick)
    with pytest.raises(Refused):
        work.draft()
    with tang_server.serving() as url:
        work.use_tang(url, tang.thumbprints(url)[0])
        work.draft()
        assert set(work.attempt(lambda: "314159")) == {"tang+pin", "pin+token"}
        with pytest.raises(Refused):
            work.finish(plain(hub))
    assert plain(hub).exists()
    assert not Opener.of(hub).is_set_up


@pytest.mark.parametrize(
    "text", ["12345", "123456", "000000", "987654", "abcdef", "１２３４５６", ""]
)
def test_easy_pins_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        pin.checked(text)


def test_the_opened_key_never_lands_on_the_card(tmp_path: Path) -> None:
    if memory.is_memory(tmp_path):
        pytest.skip("temporary files are in memory here")
    with pytest.raises(Refused):
        memory.put(tmp_path / "personal.key", bytes(32))
    assert not list(tmp_path.iterdir())


def run(hub: Config, *arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(root, ["--config", str(hub.source), *arguments], input=given)


def test_the_commands(hub: Config, stick: Path, tang_server: Tang) -> None:
    with tang_server.serving() as url:
        made = run(
            hub, "unlock", "setup", "--tang", url, "--stick", str(stick),
            given=f"y\n{PIN}\n{PIN}\ny\n",
        )  # fmt: skip
        assert made.exit_code == 0, made.output
        assert PIN not in made.output
        assert "Zwei von drei" in run(hub, "doctor").output
        assert run(hub, "unlock", "lock").exit_code == 0
        assert run(hub, "unlock", "status").exit_code == 75
        assert run(hub, "unlock", "now").exit_code == 0
    run(hub, "unlock", "lock")
    wrong = run(hub, "unlock", "now", given="999999\n")
    assert (wrong.exit_code, "stimmt nicht" in wrong.output) == (1, True)
    assert run(hub, "unlock", "now", given=f"{PIN}\n").exit_code == 0
    shown = run(hub, "unlock", "status")
    assert shown.exit_code == 0
    assert "antwortet nicht" in shown.output
    (hub.hub.keys / "unlock.json").write_text("{}")
    assert run(hub, "unlock", "now").exit_code == 1
    assert "beschädigt" in run(hub, "doctor").output


def test_a_hub_without_it_is_told_what_its_key_file_means(hub: Config) -> None:
    refused = run(hub, "unlock", "now")
    assert (refused.exit_code, "unlock setup" in refused.output) == (1, True)
    assert "eine Schlüsseldatei allein" in run(hub, "doctor").output
    memory.put(hub.personal.key_file, key_of(hub))
    assert "nur im Arbeitsspeicher" in run(hub, "doctor").output
