"""TLS without an authority: who vouches for a key, and who is refused."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from sync import cbor, rotation, tls
from sync.carrier.base import CarrierError
from sync.carrier.http import HttpCarrier, Patience
from sync.errors import FormatError, SignatureError, VersionError
from sync.identity import Identity, Purpose


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def made(extension: bytes | None, key: object = None) -> bytes:
    """Return a certificate with any extension, as somebody who lies would make it."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(own.public_key())  # type: ignore[attr-defined]
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2040, 1, 1, tzinfo=dt.UTC))
    )
    if extension is not None:
        builder = builder.add_extension(
            x509.UnrecognizedExtension(tls.BINDING, extension), critical=False
        )
    algorithm = None if isinstance(own, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return der(builder.sign(own, algorithm))  # type: ignore[arg-type]


def test_a_name_vouches_for_the_key_of_its_line() -> None:
    hub = Identity.generate()
    certificate, _ = tls.certificate(hub)
    assert tls.verify(der(certificate), hub.name) == hub.name
    assert tls.verify(der(certificate)) == hub.name
    assert len(der(certificate)) < 700


def test_another_name_is_refused_and_named() -> None:
    certificate, _ = tls.certificate(Identity.generate())
    with pytest.raises(SignatureError, match="not") as caught:
        tls.verify(der(certificate), Identity.generate().name)
    assert "anderes Gerät" in caught.value.hint


def test_a_hub_that_changed_its_key_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "hub.key"
    hub = Identity.load_or_create(path)
    contexts = tls.ServerContext(hub, lambda: rotation.load(path, hub))
    before = contexts()
    assert contexts() is before
    rotation.change(path)
    assert contexts() is not before
    certificate, _ = tls.certificate(hub, rotation.load(path, hub))
    assert tls.verify(der(certificate), hub.name) == hub.name
    assert hub.public_key != hub.name


def test_a_new_key_without_the_old_ones_word_is_refused() -> None:
    name = Identity.generate().name
    thief = Identity(Identity.generate()._key.private, name=name)
    certificate, _ = tls.certificate(thief)
    with pytest.raises(SignatureError):
        tls.verify(der(certificate), name)


def test_a_stolen_extension_fits_no_other_key() -> None:
    certificate, _ = tls.certificate(Identity.generate())
    stolen = certificate.extensions.get_extension_for_oid(tls.BINDING).value
    assert isinstance(stolen, x509.UnrecognizedExtension)
    with pytest.raises(SignatureError):
        tls.verify(made(stolen.value))


@pytest.mark.parametrize(
    "what",
    [
        None,
        b"",
        b"no certificate",
        bytes(tls.MAX_CERTIFICATE + 1),
        made(None),
        made(b"no cbor"),
        made(b"\xa0", ed25519.Ed25519PrivateKey.generate()),
        made(cbor.dumps({"v": 1, "name": bytes(31), "signature": bytes(64)})),
        made(cbor.dumps({"v": 1, "name": bytes(32), "signature": bytes(64)})),
        made(cbor.dumps({"v": 1, "name": bytes(32), "keys": b"", "signature": bytes(64)})),
    ],
)
def test_what_nobody_vouches_for(what: bytes | None) -> None:
    with pytest.raises(FormatError):
        tls.verify(what)


def test_a_later_version_is_told_from_a_forgery() -> None:
    with pytest.raises(VersionError):
        tls.verify(made(cbor.dumps({"v": 2})))


def test_every_flipped_byte_is_refused_or_says_the_same() -> None:
    hub = Identity.generate()
    certificate, _ = tls.certificate(hub)
    whole = der(certificate)
    for at in range(len(whole)):
        bad = whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :]
        try:
            assert tls.verify(bad, hub.name) == hub.name  # a date, a serial number
        except FormatError:
            continue


def test_the_signature_is_for_tls_alone() -> None:
    hub = Identity.generate()
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    fields = {"v": 1, "name": hub.name, "signature": hub.sign(Purpose.HEAD, spki)}
    with pytest.raises(SignatureError):
        tls.verify(made(cbor.dumps(fields), key))


def answer_once(context: ssl.SSLContext, listener: socket.socket) -> None:
    sock, _ = listener.accept()
    try:
        with context.wrap_socket(sock, server_side=True) as line:
            line.recv(4096)
            line.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
    except OSError:
        sock.close()


@pytest.mark.parametrize("right", [True, False])
def test_nothing_is_asked_of_the_wrong_hub(right: bool) -> None:  # noqa: FBT001
    hub, other = Identity.generate(), Identity.generate()
    asked: list[str] = []

    def sign(method: str, target: str) -> dict[str, str]:
        asked.append(f"{method} {target}")
        return {}

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_once, args=(tls.ServerContext(hub)(), listener))
        thread.start()
        carrier = HttpCarrier(
            f"https://127.0.0.1:{listener.getsockname()[1]}",
            sign,
            pin=hub.name if right else other.name,
            patience=Patience(timeout_s=15, attempts=1),
        )
        with pytest.raises(CarrierError) as caught:
            carrier.head(bytes(16))
        carrier.close()
        thread.join()
    assert caught.value.reason == ("absent" if right else "wrong_key")
    assert len(asked) == 1  # signed before the line is there; sent only to the right one
    assert carrier.answered == (hub.name if right else None)


def test_who_speaks_no_tls_is_told_from_a_wrong_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.recv(4096)
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        carrier = HttpCarrier(
            f"https://127.0.0.1:{listener.getsockname()[1]}",
            lambda *_: {},
            patience=Patience(timeout_s=15, attempts=1),
        )
        with pytest.raises(CarrierError) as caught:
            carrier.head(bytes(16))
        thread.join()
    assert caught.value.reason in ("bad_answer", "cut")
