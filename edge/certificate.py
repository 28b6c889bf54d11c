"""The certificate that browsers in the hall see: its request, its check, how long it holds.

The county obtains it, and vouches for it by the stream on which it comes; here is asked only if
it is for our key and our name, if its parts fit together, and if its time has come and is not over.

Source: RFC 5280 (certificates), RFC 2986 (requests), RFC 7468 (PEM), RFC 9525, 6.3 (names).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

MAX_CHAIN = 32 << 10  # bytes of PEM: a chain of four with RSA keys has some 8 kB
MAX_CERTIFICATES = 8
MAX_REQUEST = 2048  # bytes of DER: one of ours has some 250
MAX_NAME = 253  # RFC 1035, 2.3.4
_PEM = serialization.Encoding.PEM
_DER = serialization.Encoding.DER


class ChainError(ValueError):
    """A chain that is not to be used. ``why`` is for people, in German.

    ``code`` is `early` for one whose time has not come yet, `late` for one whose time is over.
    """

    def __init__(self, why: str, code: Literal["", "early", "late"] = "") -> None:
        super().__init__(why)
        self.why, self.code = why, code


@dataclass(frozen=True, slots=True)
class Standing:
    """What a chain is for and how long it holds. Times are ms since 1970, UTC."""

    names: tuple[str, ...]
    since_ms: int
    until_ms: int
    key: bytes  # the public key, SubjectPublicKeyInfo

    @property
    def renew_ms(self) -> int:
        """When a new one should be asked for: at two thirds of its life."""
        return self.since_ms + (self.until_ms - self.since_ms) * 2 // 3

    def covers(self, name: str) -> bool:
        """Tell if it is for this name, itself or by a `*` in place of the first label."""
        _, _, rest = name.lower().partition(".")
        return name.lower() in self.names or f"*.{rest}" in self.names


def request(name: str) -> tuple[bytes, bytes]:
    """Return a new private key (PEM) and the request (DER) for ``name`` that it signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, made.public_bytes(_DER)


def requested(der: bytes, name: str) -> tuple[bytes, bytes]:
    """Return the public key (SubjectPublicKeyInfo) of a request for just ``name``, and its PEM.

    :raises ChainError: if it is none, is damaged, or is for something else.
    """
    try:
        found = x509.load_der_x509_csr(der[: MAX_REQUEST + 1])
        whole = found.is_signature_valid and len(der) <= MAX_REQUEST and _ends_whole(found)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except _BROKEN as error:
        raise ChainError(_DAMAGED_REQUEST) from error
    if not whole:
        raise ChainError(_DAMAGED_REQUEST)
    if [str(one.value) for one in names] != [name] or len(found.extensions) != 1:
        raise ChainError(f"Der Antrag ist für etwas anderes als {name}.")
    if not isinstance(found.public_key(), ec.EllipticCurvePublicKey):
        raise ChainError("Der Schlüssel des Antrags ist nicht von der Art, die ein Hub macht.")
    return spki(found.public_key()), found.public_bytes(_PEM)


def check(pem: bytes, key: bytes, name: str, now_ms: int | None) -> Standing:
    """Return how a chain stands that is for ``key`` (SubjectPublicKeyInfo) and ``name``.

    Without ``now_ms`` (nobody knows the time) its time is not asked for.

    :raises ChainError: if it is not to be used.
    """
    found = _chain(pem)
    made = _standing(found)
    if made.key != key:
        raise ChainError("Das Zertifikat ist für einen anderen Schlüssel.")
    if not made.covers(name):
        raise ChainError(f"Das Zertifikat ist nicht für {name}.")
    for one, other in pairwise(found):
        try:
            one.verify_directly_issued_by(other)
        except (*_BROKEN, InvalidSignature) as error:
            raise ChainError("Die Zertifikate der Kette passen nicht zueinander.") from error
    if now_ms is not None and now_ms < made.since_ms:
        raise ChainError("Das Zertifikat gilt noch nicht.", "early")
    if now_ms is not None and now_ms >= made.until_ms:
        raise ChainError("Das Zertifikat ist abgelaufen.", "late")
    return made


def standing(file: Path) -> Standing | None:
    """Return how the chain in a file stands; None if there is none that can be read.

    :raises OSError: if the file is there and cannot be read.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(2 * MAX_CHAIN)
        return _standing(_chain(data[: data.rfind(_END) + len(_END)]))
    except (FileNotFoundError, ChainError):
        return None


def key_of(pem: bytes) -> bytes:
    """Return the public key (SubjectPublicKeyInfo) of a private one.

    :raises ChainError: if it is none.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except _BROKEN as error:
        raise ChainError("Der Schlüssel des Hubs für das Zertifikat ist beschädigt.") from error
    return spki(key.public_key())


def spki(key: object) -> bytes:
    """Return a public key as SubjectPublicKeyInfo (DER)."""
    made: bytes = key.public_bytes(  # type: ignore[attr-defined]  # of any public key
        _DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return made


def _ends_whole(one: x509.Certificate | x509.CertificateSigningRequest) -> bool:
    """Tell if the signature is whole bytes: the count of its unused bits is signed by nobody."""
    return one.public_bytes(_DER)[-len(one.signature) - 1] == 0


def _chain(pem: bytes) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem) if len(pem) <= MAX_CHAIN else []
    except _BROKEN as error:
        raise ChainError(_NO_CHAIN) from error
    if not (0 < len(found) <= MAX_CERTIFICATES and all(map(_ends_whole, found))):
        raise ChainError(_NO_CHAIN)
    return found


def _standing(chain: list[x509.Certificate]) -> Standing:
    leaf = chain[0]
    try:
        extensions = leaf.extensions
        alternative = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = alternative.get_values_for_type(x509.DNSName)
        key = spki(leaf.public_key())
        since = max(_ms(one.not_valid_before_utc) for one in chain)
        until = min(_ms(one.not_valid_after_utc) for one in chain)
    except _BROKEN as error:
        raise ChainError(_NO_CHAIN) from error
    for one in extensions:
        value = one.value
        if isinstance(value, x509.BasicConstraints) and value.ca:
            raise ChainError("Das erste Zertifikat der Kette ist das einer Ausgabestelle.")
        if (
            one.oid == ExtensionOID.EXTENDED_KEY_USAGE
            and isinstance(value, x509.ExtendedKeyUsage)
            and ExtendedKeyUsageOID.SERVER_AUTH not in value
        ):
            raise ChainError("Das Zertifikat ist nicht für einen Webserver.")
    return Standing(
        tuple(name.lower() for name in names),
        since,
        until,
        key,
    )


def _ms(at: dt.datetime) -> int:
    return int(at.timestamp()) * 1000


# what the library raises at bytes that are no certificate, request or key of a kind it knows
_BROKEN = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_END = b"-----END CERTIFICATE-----\n"
_NO_CHAIN = "Was kam, ist keine Kette von Zertifikaten für einen Webserver."
_DAMAGED_REQUEST = "Der Antrag ist beschädigt."
