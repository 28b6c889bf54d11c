"""TLS between hubs, counties and buses: a key for the line, vouched for by a name.

Who answers shows a self-signed certificate with a key of its own, made when the process
starts. An extension of the certificate holds the name of who it is, how the name's key was
changed, and a signature of the key that signs now over the line's key. Nothing else in it
means anything: no authority, no host name, no date (a hub may not know what year it is).

The extension's value is canonical CBOR ``{"v", "name", "signature"}``, and ``"keys"`` (a chain,
see `sync.rotation`) if the key was ever changed.

Source: RFC 8446 (TLS 1.3), RFC 5280 (certificates), ITU-T X.667 (identifiers made of a UUID).
"""

from __future__ import annotations

import datetime as dt
import secrets
import ssl
import tempfile
from collections.abc import Callable, Sequence
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync import cbor, identity, rotation
from sync.errors import SignatureError
from sync.identity import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Purpose, Signer
from sync.rotation import Rotation

VERSION = 1
BINDING = x509.ObjectIdentifier("2.25.19638258076960113892845040092661350085")
# A chain of keys has up to 16 KiB, the rest of a certificate some 500 bytes.
MAX_CERTIFICATE = 32 << 10
_FROM = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_UNTIL = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)  # RFC 5280, 4.1.2.5: no end


class Contexts(Protocol):
    """Gives the TLS context of who answers."""

    def __call__(self) -> ssl.SSLContext:
        """Return the context for the next connection."""


class ServerContext:
    """The context of who answers for ``signer``; it follows a change of the signer's key.

    One thread at a time. ``keys`` gives how the key was changed.
    """

    def __init__(self, signer: Signer, keys: Callable[[], Sequence[Rotation]] = tuple) -> None:
        self._signer = signer
        self._keys = keys
        self._made: tuple[bytes, ssl.SSLContext] | None = None

    def __call__(self) -> ssl.SSLContext:
        """Return the context for the next connection.

        :raises SyncError: if the key or the chain of its changes cannot be used.
        """
        key = self._signer.public_key
        if self._made is None or self._made[0] != key:
            self._made = (key, _context(*certificate(self._signer, self._keys())))
        return self._made[1]


def client_context() -> ssl.SSLContext:
    """Return the context of who asks: it takes any certificate; `verify` says whose it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def certificate(
    signer: Signer, chain: Sequence[Rotation] = ()
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return a new key for the line and the certificate in which ``signer`` vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    fields: dict[str, object] = {
        "v": VERSION,
        "name": signer.name,
        "signature": signer.sign(Purpose.TLS, _spki(key.public_key())),
    }
    if chain:
        fields["keys"] = rotation.encode(chain)
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"dorfhub-{identity.short_id(signer.name)}")]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.UnrecognizedExtension(BINDING, cbor.dumps(fields)), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made, key


def verify(der: bytes | None, name: bytes | None = None) -> bytes:
    """Return whose certificate it is: the name that vouches for it, ``name`` if given.

    That the other side holds the certificate's key is TLS's business. Which of a name's keys
    is the newest is known to whoever knows the name; here any key it ever had will do.

    :raises SignatureError: if nobody vouches for it, or another name does.
    :raises FormatError: whatever else the bytes are.
    """
    if der is None or len(der) > MAX_CERTIFICATE:
        raise SignatureError("no certificate, or one that is too large", hint=_OTHER)
    try:
        shown = x509.load_der_x509_certificate(der)
        value = shown.extensions.get_extension_for_oid(BINDING).value
        public = shown.public_key()
    except (
        *(ValueError, UnsupportedAlgorithm, x509.InvalidVersion),
        *(x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
    ) as error:
        raise SignatureError("a certificate that no hub made", hint=_OTHER) from error
    if not isinstance(value, x509.UnrecognizedExtension) or not isinstance(
        public, ec.EllipticCurvePublicKey
    ):
        raise SignatureError("a certificate that no hub made", hint=_OTHER)
    item = cbor.loads(value.value, limit=MAX_CERTIFICATE)
    chained = isinstance(item, dict) and "keys" in item
    known = _CHAINED if chained else _PLAIN
    fields = cbor.Fields.versioned(item, "certificate", known, VERSION)
    owner = fields.data("name", PUBLIC_KEY_SIZE)
    if name is not None and owner != name:
        raise SignatureError(
            f"the certificate is by {identity.short_id(owner)}, not {identity.short_id(name)}",
            hint=_OTHER,
        )
    chain: Sequence[Rotation] = ()
    if chained:
        chain = rotation.decode(fields.any_data("keys", rotation.MAX_CHAIN), owner)
    key = rotation.key_now(owner, chain)
    identity.verify(key, fields.data("signature", SIGNATURE_SIZE), Purpose.TLS, _spki(public))
    return owner


def _context(shown: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    password = secrets.token_bytes(32)  # `ssl` reads files only: what lies there opens nothing
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    with tempfile.NamedTemporaryFile() as file:
        file.write(pem + shown.public_bytes(serialization.Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name, password=password)
    return context


def _spki(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


_PLAIN = frozenset(("v", "name", "signature"))
_CHAINED = _PLAIN | {"keys"}
_OTHER = "An dieser Adresse antwortet ein anderes Gerät."
