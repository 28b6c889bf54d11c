"""The file of consent codes: whole or not at all, for its owner alone, and it tells no code."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from edge.store.errors import StoreError
from edge.store.scale_users import (
    LATER_MS,
    MAX_BEGAN,
    MAX_USERS,
    ScaleUser,
    ScaleUsers,
    UserState,
    UsersUnreadable,
)

A, B = "C0:00:00:00:00:01", "C0:00:00:00:00:02"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "scale-users.json"


def test_what_is_put_is_there_for_everybody(path: Path) -> None:
    users = ScaleUsers(path)
    assert users.devices() == frozenset()
    assert users.users(A) == ()
    users.announce(A)
    users.announce(A)
    assert ScaleUsers(path).devices() == {A}
    user = ScaleUser(4711, 3, 100, UserState.OK, 17, 1, 5)
    users.put(A, user)
    users.put(A, ScaleUser(1, None, 100, UserState.PENDING))
    users.put(A, ScaleUser(2, 0, 100))
    assert [one.index for one in ScaleUsers(path).users(A)] == [0, 3, None]
    assert ScaleUsers(path).user(A, 3) == user
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.with_name(path.name + ".new").exists()
    users.put(A, ScaleUser(5, 1, 200), settles=True)
    assert [one.index for one in users.users(A)] == [0, 1, 3]


def test_a_code_entered_again_is_the_same_user(path: Path) -> None:
    users = ScaleUsers(path)
    users.enter(A, 1, 1234, 100)
    users.put(A, ScaleUser(1234, 1, 100, UserState.STOPPED_CODE))
    assert users.enter(A, 1, 1234, 200) == ScaleUser(1234, 1, 100)
    assert users.enter(A, 1, 1235, 300).since == 300
    assert users.began() == {A: ((1, 100), (1, 300))}
    for index, code in ((255, 1), (-1, 1), (1, 10_000), (1, -1)):
        with pytest.raises(StoreError):
            users.enter(A, index, code, 1)


def test_who_changed_meanwhile_is_not_overwritten(path: Path) -> None:
    users = ScaleUsers(path)
    before = users.enter(A, 1, 1234, 100)
    users.enter(A, 1, 9999, 200)  # a person, while the collector was asking
    assert not users.amend(A, before, ScaleUser(1234, 1, 100, UserState.STOPPED_CODE))
    assert not users.amend(B, before, before)
    user = users.user(A, 1)
    assert user is not None
    assert user.code == 9999
    assert users.amend(A, user, ScaleUser(9999, 1, 200, UserState.OK))


def test_what_is_forgotten_leaves_only_since_when(path: Path) -> None:
    users = ScaleUsers(path)
    users.enter(A, 1, 4321, 100)
    assert not users.forget(A, 2)
    assert users.forget(A, 1)
    assert users.devices() == {A}
    users.enter(A, 1, 4321, 200)
    users.forget_device(A)
    users.forget_device(B)
    assert users.devices() == frozenset()
    assert users.began() == {A: ((1, 100), (1, 200))}
    assert "4321" not in path.read_text()


def test_the_file_has_bounds(path: Path) -> None:
    users = ScaleUsers(path)
    for index in range(MAX_USERS):
        users.enter(A, index, 1, 100)
    with pytest.raises(StoreError, match="too many"):
        users.enter(A, MAX_USERS, 1, 100)
    for at in range(MAX_BEGAN + 5):
        users.put(B, ScaleUser(1, 0, at))
    assert len(users.began()[B]) == MAX_BEGAN


def test_two_processes_lose_nothing_of_each_other(path: Path) -> None:
    def enter(first: int) -> None:
        for index in range(first, 20, 2):
            ScaleUsers(path).enter(A, index, 1, 100)

    threads = [threading.Thread(target=enter, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ScaleUsers(path).users(A)) == 20


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"A": []}',
        '{"A": {"users": 1, "began": [], "paired": true}}',
        '{"A": {"users": [{"code": 4711}], "began": [], "paired": true}}',
        '{"A": {"users": [], "began": [[4711]], "paired": true}}',
        '{"A": {"users": [], "began": [[Infinity, 4711]], "paired": true}}',
        "[" * 100_000,
        "",
    ],
)
def test_a_spoiled_file_is_set_aside_and_what_it_knew_is_missed(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(0o644)
    users = ScaleUsers(path)
    assert users.is_spoiled()
    assert path.read_text() == text  # looking changes nothing
    assert users.users(A) == ()
    assert users.aside.read_text() == text
    assert users.aside.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_mode & 0o777 == 0o600
    assert not users.is_spoiled()
    assert users.is_lost()
    users.enter(A, 1, 4711, 100)
    assert users.is_lost()  # until somebody drew the consequences
    assert users.devices() == {A}
    users.settle_loss()
    assert not ScaleUsers(path).is_lost()
    assert users.users(A) == (ScaleUser(4711, 1, 100),)


def test_a_change_sets_a_spoiled_file_aside_too_and_only_the_newest_is_kept(path: Path) -> None:
    users = ScaleUsers(path)
    path.parent.mkdir()
    for text in ("{1", "{2"):
        path.write_text(text)
        users.enter(A, 1, 4711, 100)
        assert users.is_lost()
        assert users.aside.read_text() == text
    assert users.users(A) == (ScaleUser(4711, 1, 100),)


def test_what_cannot_be_read_is_not_touched(path: Path) -> None:
    path.mkdir(parents=True)  # no file at all: also root cannot read it
    users = ScaleUsers(path)
    for ask in (users.devices, users.is_spoiled, users.is_lost):
        with pytest.raises(UsersUnreadable) as raised:
            ask()
        assert "dorfhub doctor" in raised.value.hint
    with pytest.raises(UsersUnreadable):
        users.enter(A, 1, 1, 1)
    assert path.is_dir()


def test_what_cannot_be_set_aside_is_told(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("{")
    users = ScaleUsers(path)
    users.aside.mkdir()
    with pytest.raises(UsersUnreadable):
        users.devices()
    with pytest.raises(StoreError):
        users.enter(A, 1, 1, 1)
    assert path.read_text() == "{"


def test_a_clock_that_was_set_back_leaves_no_beginning_in_the_future(path: Path) -> None:
    users = ScaleUsers(path)
    users.enter(A, 1, 1, 100)
    users.enter(A, 1, 2, 900)
    users.enter(A, 2, 2, 950)
    users.settle_clock(950)
    assert users.began() == {A: ((1, 100), (1, 900), (2, 950))}
    users.settle_clock(500)
    assert users.began() == {A: ((1, 100), (1, 500), (2, 500))}
    assert [one.since for one in users.users(A)] == [500, 500]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(StoreError):
        ScaleUsers(tmp_path / "keys" / "scale-users.json").enter(A, 1, 1, 1)


def test_when_a_user_is_asked_for() -> None:
    user = ScaleUser(1, 0, 0)
    assert user.is_due(0)
    waits = user.refused(1_000_000_000)
    assert waits.state is UserState.WAITS
    assert not waits.is_due(1_000_000_000)
    assert waits.is_due(1_000_000_000 + LATER_MS)
    assert waits.is_due(0)  # the clock was set back by years
    assert user.refused(0, for_ever=True).state is UserState.STOPPED_REFUSED
    assert not user.refused(0, for_ever=True).is_due(10 * LATER_MS)
    assert not ScaleUser(1, None, 0, UserState.PENDING).is_due(0)
