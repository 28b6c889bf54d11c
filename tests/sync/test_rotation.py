"""Changes of keys: what a chain proves, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import cbor, identity, rotation
from sync.errors import FormatError, KeyConflict, SignatureError, VersionError
from sync.identity import Identity, Purpose

EPOCH, OTHER = bytes(range(8)), bytes(8)


def chain_of(count: int, start: Identity | None = None) -> tuple[rotation.Rotation, ...]:
    old = start or Identity.generate()
    name, made = old.public_key, []
    for number in range(count):
        fresh = Identity.generate()
        new = Identity(fresh._key.private, name=name)
        made.append(rotation.record(old, new, epoch=EPOCH, seq=10 * (number + 1)))
        old = new
    return tuple(made)


def test_a_chain_comes_back() -> None:
    chain = chain_of(3)
    data = rotation.encode(chain)
    assert rotation.decode(data) == rotation.decode(data, chain[0].name) == chain
    assert len(rotation.encode(chain_of(rotation.MAX_ROTATIONS))) <= rotation.MAX_CHAIN
    with pytest.raises(FormatError):
        rotation.decode(rotation.encode(chain_of(rotation.MAX_ROTATIONS + 1)))
    with pytest.raises(ValueError, match="at least one"):
        rotation.encode(())


def test_each_changed_byte_is_refused() -> None:
    data = rotation.encode(chain_of(2))
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(FormatError):
            rotation.decode(bytes(changed))


@given(st.binary(max_size=600))
def test_rubbish_gives_our_own_error_alone(data: bytes) -> None:
    with pytest.raises(FormatError):
        rotation.decode(data)


def test_it_takes_both_keys_to_change_one() -> None:
    """A record that the old or the new key did not sign proves nothing."""
    old, thief = Identity.generate(), Identity.generate()
    one = rotation.record(old, thief)
    inner = cbor.loads(one.raw, limit=512)["rotate"]  # type: ignore[index]
    for by_old, by_new in ((thief, thief), (old, old)):
        raw = cbor.dumps(
            {
                "rotate": inner,
                "by_old": by_old.sign(Purpose.ROTATE, inner),
                "by_new": by_new.sign(Purpose.ROTATE, inner),
            }
        )
        with pytest.raises(SignatureError):
            rotation.decode(cbor.dumps({"name": old.public_key, "keys": [raw]}))


def test_a_chain_of_somebody_else_or_with_a_hole_is_refused() -> None:
    chain = chain_of(3)
    name = chain[0].name
    with pytest.raises(SignatureError, match="somebody else"):
        rotation.decode(rotation.encode(chain), Identity.generate().public_key)
    for kept in (chain[1:], (chain[0], chain[2]), chain[::-1]):
        with pytest.raises(SignatureError, match="does not follow"):
            rotation.decode(cbor.dumps({"name": name, "keys": [one.raw for one in kept]}))
    with pytest.raises(FormatError, match="without a record"):
        rotation.decode(cbor.dumps({"name": name, "keys": []}))
    with pytest.raises(FormatError, match="no bytes"):
        rotation.decode(cbor.dumps({"name": name, "keys": [1]}))


def written_by(old: Identity, new: Identity, **changes: object) -> bytes:
    """Return a chain as another version of the program would write it."""
    inner = cbor.dumps(
        {
            "v": 1,
            "name": old.public_key,
            "old": old.public_key,
            "new": new.public_key,
            "epoch": EPOCH,
            "seq": 1,
            **changes,
        }
    )
    raw = cbor.dumps(
        {
            "rotate": inner,
            "by_old": old.sign(Purpose.ROTATE, inner),
            "by_new": new.sign(Purpose.ROTATE, inner),
        }
    )
    return cbor.dumps({"name": old.public_key, "keys": [raw]})


def test_a_record_of_another_version_is_told_from_a_damaged_one() -> None:
    old, new = Identity.generate(), Identity.generate()
    with pytest.raises(VersionError, match="version 2") as caught:
        rotation.decode(written_by(old, new, v=2))
    assert "aktualisieren" in caught.value.hint
    (one,) = rotation.decode(written_by(old, new, minor=1, place="Lich"))
    assert (one.old, one.new, one.seq) == (old.public_key, new.public_key, 1)
    with pytest.raises(FormatError, match="has not the fields"):
        rotation.decode(written_by(old, new, place="Lich"))


def test_retired_keys_are_all_but_the_newest() -> None:
    chain = chain_of(2)
    assert rotation.retired(chain) == {chain[0].name, chain[0].new}


def test_a_key_that_comes_back_is_refused() -> None:
    first, second = Identity.generate(), Identity.generate()
    name = first.public_key
    there = rotation.record(first, second)
    back = rotation.record(Identity(second._key.private, name=name), first)
    with pytest.raises(FormatError, match="comes back"):
        rotation.decode(cbor.dumps({"name": name, "keys": [there.raw, back.raw]}))


def test_the_longer_chain_counts_and_an_old_one_played_back_changes_nothing() -> None:
    start = Identity.generate()
    chain = chain_of(3, start)
    assert rotation.extend(chain[:1], chain) == chain
    assert rotation.extend(chain, chain[:1]) == chain
    assert rotation.extend((), chain) == chain
    with pytest.raises(KeyConflict, match="changed twice"):
        rotation.extend(chain, chain_of(1, start))


@given(st.integers(1, 40), st.booleans())
def test_the_key_of_a_segment(seq: int, seen: bool) -> None:  # noqa: FBT001 - a draw
    chain = chain_of(3)
    name = chain[0].name
    keys = [name, *(one.new for one in chain)]

    def begun(epoch: bytes) -> bytes | None:
        return name if seen and epoch in (EPOCH, OTHER) else None

    expected = keys[min(3, (seq - 1) // 10)]
    assert rotation.key_at(name, chain, EPOCH, seq, begun) == expected
    elsewhere = rotation.key_at(name, chain, OTHER, seq, begun)
    assert elsewhere == (name if seen else keys[-1])  # a new stream takes the newest key alone


def test_a_key_file_is_changed_and_a_process_follows(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "hub.key"
    running = Identity.load_or_create(path)
    name = running.public_key
    assert rotation.load(path, running) == ()
    made = rotation.change(path, epoch=EPOCH, seq=7)
    assert (made.name, made.old, made.epoch, made.seq) == (name, name, EPOCH, 7)
    assert running.public_key == made.new
    assert running.name == name
    identity.verify(made.new, running.sign(Purpose.HEAD, b"x"), Purpose.HEAD, b"x")
    again = rotation.change(path, epoch=EPOCH, seq=9)
    after = Identity.load(path)
    assert (after.name, after.public_key) == (name, again.new)
    assert rotation.load(path, after) == (made, again)
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


@pytest.mark.parametrize("step", ["write_private", "replace_key"])
def test_a_stop_in_mid_change_leaves_the_old_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "hub.key"
    before = Identity.load_or_create(path).public_key

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(identity, step, stop)
        with pytest.raises(KeyboardInterrupt):
            rotation.change(path)
    after = Identity.load(path)
    assert after.public_key == before
    assert rotation.load(path, after) == ()  # what was written ahead binds nobody
    made = rotation.change(path)
    assert rotation.load(path, Identity.load(path)) == (made,)


def test_a_key_is_not_changed_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    Identity.load_or_create(path)
    for _ in range(rotation.MAX_ROTATIONS):
        rotation.change(path)
    with pytest.raises(KeyConflict) as caught:
        rotation.change(path)
    assert "neu anmelden" in caught.value.hint


def test_the_old_key_holds_in_epochs_that_ended_up_to_their_last_number() -> None:
    old, new, newest = (Identity.generate() for _ in range(3))
    ended, unknown = b"\x01" * 8, b"\x02" * 8
    first = rotation.record(old, new, epoch=EPOCH, seq=4, past=[(ended, 9)])
    second = rotation.record(
        Identity(new._key.private, name=old.name), newest, epoch=EPOCH, seq=7, past=[(ended, 9)]
    )
    chain = rotation.decode(rotation.encode((first, second)))
    assert chain == (first, second)
    at = lambda epoch, seq: rotation.key_at(old.name, chain, epoch, seq)  # noqa: E731
    assert [at(ended, seq) for seq in (1, 9)] == [old.public_key] * 2
    assert at(ended, 10) == newest.public_key
    assert at(unknown, 1) == newest.public_key
    assert [at(EPOCH, seq) for seq in (4, 5, 8)] == [
        old.public_key,
        new.public_key,
        newest.public_key,
    ]
    # of a stream that was seen to begin with the old key, the end holds as well
    begun = rotation.key_at(old.name, chain, ended, 10, lambda _: old.public_key)
    assert begun == newest.public_key


def test_a_record_names_no_more_epochs_than_fit_and_its_own_once() -> None:
    many = [(bytes([n]) * 8, cbor.INT_LIMIT) for n in range(1, 9)]
    made = rotation.record(
        Identity.generate(), Identity.generate(), epoch=EPOCH, seq=cbor.INT_LIMIT,
        past=[(EPOCH, 1), *many],
    )  # fmt: skip
    assert made.past == tuple(many[: rotation.MAX_PAST])
    assert made.limit(EPOCH) == cbor.INT_LIMIT
    assert rotation.decode(rotation.encode((made,))) == (made,)  # at most 512 bytes


@pytest.mark.parametrize(
    "past", [1, [1], [[bytes(8)]], [[bytes(7), 1]], [[bytes(8), -1]], [[bytes(8), 1]] * 5]
)
def test_a_wrong_list_of_epochs_is_refused(past: object) -> None:
    with pytest.raises(FormatError):
        rotation.decode(_with(minor=1, past=past))


def test_a_later_version_that_adds_something_else_is_read() -> None:
    (one,) = rotation.decode(_with(minor=2, other=1))
    assert one.past == ()
    with pytest.raises(FormatError):
        rotation.decode(_with(past=[[bytes(8), 1]]))  # without a minor version: forged


def _with(**more: object) -> bytes:
    old, new = Identity.generate(), Identity.generate()
    inner = cbor.loads(rotation.record(old, new).raw, limit=512)["rotate"]  # type: ignore[index]
    inner = cbor.dumps(cbor.loads(inner, limit=512) | more)  # type: ignore[operator]
    raw = cbor.dumps(
        {
            "rotate": inner,
            "by_old": old.sign(Purpose.ROTATE, inner),
            "by_new": new.sign(Purpose.ROTATE, inner),
        }
    )
    return cbor.dumps({"name": old.name, "keys": [raw]})
