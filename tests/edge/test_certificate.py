"""What is asked of a chain before it is used, each with one that must be refused."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge import certificate
from edge.certificate import ChainError
from edge.config import ConfigError, load
from edge.doctor import check_certificate
from tests.sync.certificate.conftest import DAY, HOST, T0, Authority, pem


@pytest.fixture
def asked() -> tuple[bytes, bytes]:
    """The key and the request in PEM."""
    _, csr = certificate.request(HOST)
    return certificate.requested(csr, HOST)


@pytest.fixture
def authority() -> Authority:
    return Authority()


def test_one_that_fits(asked: tuple[bytes, bytes], authority: Authority) -> None:
    key, csr = asked
    made = certificate.check(authority.chain(csr), key, HOST, T0)
    assert made.names == (HOST,)
    assert made.until_ms - made.since_ms == 47 * DAY
    assert made.renew_ms == made.since_ms + 47 * DAY * 2 // 3
    whole = pem(authority.leaf(csr), authority.middle[0], authority.root[0])
    assert certificate.check(whole, key, HOST, None).names == (HOST,)
    star = authority.chain(csr, names=["*.wetterfeld.example", "other.example"])
    assert certificate.check(star, key, HOST, T0).covers("b.wetterfeld.example")


def refused(why: str, *given: Any) -> str:
    with pytest.raises(ChainError, match=why) as caught:
        certificate.check(*given)
    return caught.value.code


def test_its_time(asked: tuple[bytes, bytes], authority: Authority) -> None:
    key, csr = asked
    chain = authority.chain(csr)
    made = certificate.check(chain, key, HOST, None)
    assert refused("noch nicht", chain, key, HOST, made.since_ms - 1) == "early"
    certificate.check(chain, key, HOST, made.since_ms)
    certificate.check(chain, key, HOST, made.until_ms - 1)
    assert refused("abgelaufen", chain, key, HOST, made.until_ms) == "late"


def test_one_that_does_not_fit(asked: tuple[bytes, bytes], authority: Authority) -> None:
    key, csr = asked
    leaf, middle, root = authority.leaf(csr), authority.middle[0], authority.root[0]
    good = pem(leaf, middle)
    other = certificate.requested(certificate.request(HOST)[1], HOST)
    assert refused("anderen Schlüssel", good, other[0], HOST, T0) == ""
    refused("nicht für", good, key, "other.example", T0)
    refused("nicht für", authority.chain(csr, names=["*.example"]), key, HOST, T0)
    refused("nicht für", authority.chain(csr, names=["a." + HOST]), key, HOST, T0)
    refused("passen nicht", pem(leaf, root), key, HOST, T0)
    refused("anderen Schlüssel|Ausgabestelle|keine Kette", pem(middle, leaf), key, HOST, T0)
    for junk in (b"", b"junk", good[:200], good * 9, b" " * 40_000 + good):
        refused("keine Kette", junk, key, HOST, T0)
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    refused("nicht für einen Webserver", pem(authority.leaf(csr, extra=(server,))), key, HOST, T0)
    ca = x509.BasicConstraints(ca=True, path_length=None)
    refused("Ausgabestelle", pem(authority.leaf(csr, extra=(ca,))), key, HOST, T0)
    own = x509.BasicConstraints(ca=False, path_length=None)
    certificate.check(pem(authority.leaf(csr, extra=(own,)), middle), key, HOST, T0)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_every_changed_byte_of_a_certificate_is_refused(
    asked: tuple[bytes, bytes], authority: Authority
) -> None:
    key, csr = asked
    der = authority.leaf(csr).public_bytes(Encoding.DER)
    for at in range(len(der)):
        for bit in (1, 128):
            changed = der[:at] + bytes((der[at] ^ bit,)) + der[at + 1 :]
            text = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(changed)
            one = text + b"-----END CERTIFICATE-----\n" + pem(authority.middle[0])
            with pytest.raises(ChainError):
                certificate.check(one, key, HOST, T0)


def test_every_changed_byte_of_a_request_is_refused() -> None:
    _, csr = certificate.request(HOST)
    for at in range(len(csr)):
        for bit in (1, 128):
            with pytest.raises(ChainError):
                certificate.requested(csr[:at] + bytes((csr[at] ^ bit,)) + csr[at + 1 :], HOST)


def csr_of(*names: str, key: Any = None, more: Any = None) -> bytes:
    private = key or ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    )
    if names:
        wanted = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        made = made.add_extension(wanted, critical=False)
    if more is not None:
        made = made.add_extension(more, critical=False)
    return made.sign(private, hashes.SHA256()).public_bytes(Encoding.DER)


def test_what_a_request_must_be() -> None:
    good = csr_of(HOST)
    key, text = certificate.requested(good, HOST)
    assert x509.load_pem_x509_csr(text).is_signature_valid
    assert certificate.spki(x509.load_pem_x509_csr(text).public_key()) == key
    for wrong, why in (
        (b"", "beschädigt"),
        (good[:-1], "beschädigt"),
        (good[:-9] + bytes((good[-9] ^ 1,)) + good[-8:], "beschädigt"),
        (good + bytes(2048), "beschädigt"),
        (csr_of(), "beschädigt"),
        (csr_of(HOST, "bank.example"), "etwas anderes"),
        (csr_of("bank.example"), "etwas anderes"),
        (csr_of(HOST, more=x509.BasicConstraints(ca=True, path_length=None)), "etwas anderes"),
        (csr_of(HOST, key=rsa.generate_private_key(65537, 2048)), "nicht von der Art"),
    ):
        with pytest.raises(ChainError, match=why):
            certificate.requested(wrong, HOST)


def test_a_key_that_is_none() -> None:
    for wrong in (b"", b"junk"):
        with pytest.raises(ChainError, match="beschädigt"):
            certificate.key_of(wrong)


def test_what_the_doctor_says(tmp_path: Path, authority: Authority) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(f'[hub]\nname = "Hub"\nvillage = "Dorf"\n[web]\nname = "{HOST}"\ntls = "."\n')
    config = load(file)

    def said(now_ms: int) -> tuple[str, str]:
        (found,) = check_certificate.certificates(config, now_ms)
        return found.level, found.message

    unnamed = replace(config, web=replace(config.web, name=""))
    assert list(check_certificate.certificates(unnamed)) == []
    level, message = said(T0)
    assert (level, "noch kein Zertifikat" in message) == ("warn", True)
    key, csr = certificate.request(HOST)
    (tmp_path / "hub.pem").write_bytes(authority.chain(certificate.requested(csr, HOST)[1]) + key)
    assert said(T0) == ("ok", f"Das Zertifikat für {HOST} gilt bis 04.01.2027.")
    assert said(T0 + 33 * DAY)[0] == "ok"  # it was asked for, and may be on its way
    level, message = said(T0 + 35 * DAY)
    assert (level, "noch 11 Tage" in message) == ("warn", True)
    assert said(T0 + 47 * DAY)[0] == "fail"
    assert next(iter(check_certificate.certificates(config))).level in ("ok", "warn", "fail")
    (tmp_path / "hub.pem").write_bytes(b"junk")
    assert said(T0)[0] == "warn"
    (tmp_path / "hub.pem").unlink()
    (tmp_path / "hub.pem").mkdir()
    assert said(T0)[0] == "fail"


def test_names_that_hub_toml_takes(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"

    def read(name: str) -> str:
        file.write_text(f'[hub]\nname = "Hub"\nvillage = "Dorf"\n[web]\nname = "{name}"\n')
        return load(file).web.name

    assert read(HOST) == HOST
    assert load(file).web.certificate == tmp_path / "state/tls/hub.pem"
    for wrong in ("", "Dorf.example", "dorf", "-a.example", "a-.example", "*.example", "a b.c"):
        with pytest.raises(ConfigError, match=r"\[web\] name"):
            read(wrong)
    with pytest.raises(ConfigError):
        read(".".join(["a" * 60] * 5))
