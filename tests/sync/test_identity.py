from __future__ import annotations

import os
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from sync import identity
from sync.errors import IdentityError, SignatureError
from sync.identity import Identity, Purpose, fingerprint, matches, short_id, verify


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "hub.key"
    first = Identity.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert Identity.load_or_create(path).public_key == first.public_key
    assert [p.name for p in path.parent.iterdir()] == ["hub.key"]


def test_two_who_start_at_once_have_one_key(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    start = threading.Barrier(8)
    keys = []

    def go() -> None:
        start.wait()
        keys.append(Identity.load_or_create(path).public_key)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_broken_key_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    for broken in (b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\nAAAA\n", bytes(10_000)):
        path.write_bytes(broken)
        path.chmod(0o600)
        with pytest.raises(IdentityError, match="usable key") as caught:
            Identity.load_or_create(path)
        assert "Sicherung" in caught.value.hint
        assert path.read_bytes() == broken


@contextmanager
def tmpfs(folder: Path, options: str) -> Iterator[None]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "dorfhub-test", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_leaves_no_half_key(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    with tmpfs(folder, "size=64k"):
        with (folder / "ballast").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        with pytest.raises(IdentityError, match="No space left") as caught:
            Identity.load_or_create(folder / "hub.key")
        assert "Platz schaffen" in caught.value.hint
        assert [path.name for path in folder.iterdir()] == ["ballast"]
        (folder / "ballast").unlink()
        Identity.load_or_create(folder / "hub.key")


def test_a_card_that_is_read_only_is_told(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "card", "ro"):
        with pytest.raises(IdentityError, match="Read-only") as caught:
            Identity.load_or_create(tmp_path / "card" / "keys" / "hub.key")
        assert "schreibgeschützt" in caught.value.hint


def test_a_folder_of_somebody_else_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    folder.chmod(0o500)
    was = os.geteuid()
    if was == 0:  # may write everywhere: be nobody for a moment
        os.seteuid(65534)
    try:
        with pytest.raises(IdentityError, match="Permission denied") as caught:
            Identity.load_or_create(folder / "hub.key")
    finally:
        os.seteuid(was)
    assert f"ls -ld {folder}" in caught.value.hint


def test_what_no_hint_fits_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        Identity.load_or_create(tmp_path / "file" / "hub.key")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    path.write_bytes(
        generate_private_key(SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path.chmod(0o600)
    with pytest.raises(IdentityError, match="no Ed25519"):
        Identity.load(path)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    Identity.load_or_create(path)
    path.chmod(0o644)
    with pytest.raises(IdentityError, match="read by others") as caught:
        Identity.load(path)
    assert "chmod 600" in caught.value.hint


def test_a_signature_holds_for_its_purpose_alone(signer: Identity) -> None:
    for purpose in Purpose:
        signature = signer.sign(purpose, b"data")
        verify(signer.public_key, signature, purpose, b"data")
        for other in set(Purpose) - {purpose}:
            with pytest.raises(SignatureError):
                verify(signer.public_key, signature, other, b"data")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_a_wrong_size_is_refused(signer: Identity, size: int) -> None:
    with pytest.raises(SignatureError):
        verify(bytes(size), signer.sign(Purpose.ACK, b""), Purpose.ACK, b"")
    with pytest.raises(SignatureError):
        verify(signer.public_key, bytes(size), Purpose.ACK, b"")


P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def order(encoded: bytes) -> int:
    """Return the order of a point of edwards25519, if it divides 8; else 9."""
    y = int.from_bytes(encoded, "little") % 2**255 % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - square) % P == 0
    point, count = (x, y), 1
    while point != (0, 1) and count < 9:
        k = D * point[0] * x * point[1] * y
        point = (
            (point[0] * y + x * point[1]) * pow(1 + k, -1, P) % P,
            (point[1] * y + point[0] * x) * pow(1 - k, -1, P) % P,
        )
        count += 1
    return count


def test_keys_for_which_anybody_can_sign_are_refused() -> None:
    small = sorted(identity._SMALL_ORDER)
    assert sorted(order(key) for key in small) == [1, 1, 2, 4, 4, 8, 8]
    for key in small:
        for sign in (0, 0x80):
            weak = key[:-1] + bytes((key[-1] | sign,))
            with pytest.raises(SignatureError, match="anybody"):
                verify(weak, bytes(64), Purpose.ACK, b"")
    assert order((4 * pow(5, -1, P) % P).to_bytes(32, "little")) == 9  # the base point is no such


def test_prefixes_cannot_be_confused() -> None:
    values = [purpose.value for purpose in Purpose]
    assert all(a == b or not a.startswith(b) for a in values for b in values)


def test_a_fingerprint_is_compared_as_people_type() -> None:
    key = bytes(32)
    print_ = fingerprint(key)
    assert print_ == "6668 7AAD F862 BD77 6C8F C18B 8E9F 8E20"  # SHA-256 of 32 zero bytes
    assert short_id(key) == "66687aadf862bd77"
    for typed in (print_, print_.lower(), print_.replace(" ", "-"), print_.replace(" ", "")):
        assert matches(key, typed)
    for wrong in ("", print_[:-1], print_[:-1] + "1", short_id(key)):
        assert not matches(key, wrong)
