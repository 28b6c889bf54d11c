"""A proof is read as it was signed, or refused: every changed byte, every other spelling."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import stat
import threading
import zlib
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
import segno
import zxingcpp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from openbadgeslib.ob3 import OB3Verifier
from openbadgeslib.ob3.did import did_key_from_pem
from openbadgeslib.ob3.status import decode_encoded_list
from PIL import Image

from edge.badges import key as key_module
from edge.badges.compact import PREFIX, Shown, packed, unpacked
from edge.badges.credential import (
    STATUS_BITS,
    Alignment,
    Earned,
    enveloped,
    revocation_list,
    shortened,
    sign,
)
from edge.badges.errors import KeyUnusable, TooEarly, Unreadable
from edge.badges.key import BadgeKey, load_or_create, rotate
from edge.badges.proof import Proof, check, number_of, read

AT_MS = 1_750_000_000_000
NOW_MS = AT_MS + 86_400_000
NAMES = ("Олександра Ґрунько", "محمد العلي", "Şükrü İğdır", "Anna Schmidt", "渡辺 涼")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> BadgeKey:
    return load_or_create(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> BadgeKey:
    return load_or_create(tmp_path_factory.mktemp("other"))


def facts(name: str = NAMES[0], kind: str = "digcomp") -> Earned:
    aligned = (
        Alignment("DigComp 3.0", "1", "Informationen suchen", "Grundlagen"),
        Alignment("DigComp 3.0", "1.1", "Suchen und finden", "Grundlagen"),
    )
    return Earned(
        credential_id="urn:uuid:7f3a22c1-0000-4000-8000-000000000000",
        kind=kind,  # type: ignore[arg-type]
        name=name,
        course_id="0198",
        course="Handy-Sprechstunde",
        summary="Passwörter, Updates.",
        criteria="Mindestens 80 % der Termine besucht.",
        extent="8 von 9 Terminen",
        issuer="Dorfhub Holzheim",
        at_ms=AT_MS,
        salt="0123456789abcdef",
        index=4711,
        alignments=aligned if kind == "digcomp" else (),
    )


def refused(text: str, key: BadgeKey) -> bool:
    try:
        check(read(text), key, (), NOW_MS)
    except Unreadable:
        return True
    return False


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["attendance", "digcomp"])
def test_what_was_signed_is_read(key: BadgeKey, name: str, kind: str) -> None:
    token = sign(facts(name, kind), key)
    text = packed(Shown(token, name))
    found = check(read(text), key, (), NOW_MS)
    assert found == Proof(
        state="valid",
        name=name,
        course="Handy-Sprechstunde",
        description="Passwörter, Updates.",
        criteria="Mindestens 80 % der Termine besucht.",
        extent="8 von 9 Terminen",
        kind="Competency" if kind == "digcomp" else "CertificateOfCompletion",
        issuer="Dorfhub Holzheim",
        signer=key.did,
        at_ms=AT_MS,
        number="7F3A-22C1",
        index=4711,
        alignments=facts(name, kind).alignments,
    )
    for other in (
        token,
        enveloped(token),
        f"\ufeff {token}\r\n",
        text.lower(),
        f"{text[:99]}\n{text[99:]}",
    ):
        assert replace(check(read(other), key, (), NOW_MS), name=name) == found
    assert check(read(token), key, (), NOW_MS).name is None
    assert check(read(token), key, (), NOW_MS, f"  {name} ").name == name


def test_others_read_it_too(key: BadgeKey) -> None:
    token = sign(facts(), key)
    found = OB3Verifier.for_issuer_did(key.did).verify(token)
    assert found.achievement.name == "Handy-Sprechstunde"
    assert found.raw is not None
    assert NAMES[0] not in json.dumps(found.raw, ensure_ascii=False)
    assert did_key_from_pem(_public_pem(key)) == key.did


def _public_pem(key: BadgeKey) -> bytes:
    return key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def test_every_changed_sign_of_a_token_is_refused(key: BadgeKey) -> None:
    token = sign(facts(), key)
    rng = random.Random(1)
    for at, sign_there in enumerate(token):
        others = [one for one in "AB9-_.=Zz" if one != sign_there]
        for other in rng.sample(others, 2):
            assert refused(token[:at] + other + token[at + 1 :], key), (at, other)
        assert refused(token[:at] + token[at + 1 :], key), at
    # the last sign of the signature has four bits that mean nothing
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert all(refused(token[:-1] + one, key) for one in alphabet if one != token[-1])


def test_every_changed_sign_of_a_code_is_refused(key: BadgeKey) -> None:
    text = packed(Shown(sign(facts(), key), NAMES[0]))
    rng = random.Random(2)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    for at in range(len(PREFIX), len(text)):
        for other in rng.sample([one for one in alphabet if one != text[at]], 3):
            assert refused(text[:at] + other + text[at + 1 :], key), (at, other)
        assert refused(text[:at] + text[at + 1 :], key), at
        assert refused(text[:at], key), at
    assert all(refused(text[:-1] + one, key) for one in alphabet if one != text[-1])


def test_every_changed_byte_of_a_payload_is_refused(key: BadgeKey) -> None:
    header, payload, signature = sign(facts(), key).split(".")
    data = bytearray(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    for at in range(len(data)):
        for bit in (1, 0x20):
            data[at] ^= bit
            changed = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
            data[at] ^= bit
            assert refused(f"{header}.{changed}.{signature}", key), at


def test_a_name_of_somebody_else_is_refused(key: BadgeKey) -> None:
    token = sign(facts(), key)
    for name in ("Erna Meier", NAMES[0] + "a", "x" * 500):
        assert refused(packed(Shown(token, name)), key)
        with pytest.raises(Unreadable) as told:
            check(read(token), key, (), NOW_MS, name)
        assert "Namen" in told.value.hint


def test_who_signed_it_counts(key: BadgeKey, stranger: BadgeKey) -> None:
    token = sign(facts(), stranger)
    assert check(read(token), stranger, (), NOW_MS).state == "valid"
    assert check(read(token), key, (), NOW_MS).state == "foreign"
    # a stranger's signature under our name
    payload = jwt.decode(token, options={"verify_signature": False})
    payload["iss"] = payload["issuer"]["id"] = key.did
    header = jwt.get_unverified_header(token)
    forged = jwt.encode(
        payload, stranger.private, algorithm="EdDSA", headers={"jwk": header["jwk"]}
    )
    assert refused(forged, key)
    for algorithm, secret in (("none", None), ("HS256", "x" * 32)):
        assert refused(jwt.encode(payload, secret, algorithm=algorithm), key)


@pytest.mark.parametrize(
    "change",
    [
        {"jti": "urn:uuid:0"}, {"nbf": 1}, {"sub": "x"}, {"type": ["VerifiableCredential"]},
        {"type": "OpenBadgeCredential"}, {"validUntil": "2025-01-01T00:00:00Z"}, {"@context": []},
        {"credentialSubject": 1}, {"issuer": []}, {"iss": "x"}, {"iss": "did:web:example.org"},
        {"credentialStatus": {"statusListCredential": "urn:dorfhub:gesperrt:{me}",
                              "statusListIndex": "x"}},
        {"validFrom": "gestern"}, {"id": None}, {"validFrom": None},
    ],
)  # fmt: skip
def test_what_is_signed_but_is_no_proof_is_refused(
    key: BadgeKey, change: dict[str, object]
) -> None:
    payload = jwt.decode(sign(facts(), key), options={"verify_signature": False})
    text = json.dumps(change).replace("{me}", key.did.rpartition(":")[2])
    payload.update(json.loads(text))
    jwk = jwt.get_unverified_header(sign(facts(), key))["jwk"]
    token = jwt.encode(payload, key.private, algorithm="EdDSA", headers={"jwk": jwk})
    assert refused(token, key)


def test_without_a_place_in_the_list_it_cannot_be_revoked(key: BadgeKey) -> None:
    payload = jwt.decode(sign(facts(), key), options={"verify_signature": False})
    del payload["credentialStatus"]
    jwk = jwt.get_unverified_header(sign(facts(), key))["jwk"]
    token = jwt.encode(payload, key.private, algorithm="EdDSA", headers={"jwk": jwk})
    assert check(read(token), key, {4711}, NOW_MS).index is None


def test_taken_back_or_signed_tomorrow(key: BadgeKey) -> None:
    token = sign(facts(), key)
    assert check(read(token), key, {4711}, NOW_MS).state == "revoked"
    assert check(read(token), key, {4712}, NOW_MS).state == "valid"
    with pytest.raises(TooEarly):
        check(read(token), key, (), AT_MS - 120_000)


@given(st.one_of(st.text(max_size=300), st.binary(max_size=200).map(lambda b: b.decode("latin-1"))))
def test_whatever_is_shown_it_is_refused_in_one_way(text: str) -> None:
    for one in (text, PREFIX + text, "{" + text, '{"id": ' + json.dumps(text) + "}"):
        with pytest.raises(Unreadable):
            read(one)


@given(st.data())
def test_a_token_of_random_json_is_refused_in_one_way(data: st.DataObject) -> None:
    value = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=8,
    )
    header = data.draw(st.sampled_from([{"alg": "EdDSA", "typ": "JWT", "jwk": {}}, [], {}]))
    payload = data.draw(value)
    if isinstance(payload, dict):
        payload["iss"] = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    parts = [json.dumps(header), json.dumps(payload) + " " * 20, "x" * 64]
    token = ".".join(base64.urlsafe_b64encode(one.encode()).rstrip(b"=").decode() for one in parts)
    with pytest.raises(Unreadable):
        check(Shown(token, None), _KEY, (), NOW_MS)


_KEY = BadgeKey(Ed25519PrivateKey.from_private_bytes(b"\1" * 32))


def test_packed_bombs_are_refused() -> None:
    press = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS)
    body = press.compress(b"a" * 2_000_000) + press.flush() + b"x" * 64
    text = base64.b32encode(body + hashlib.sha256(body).digest()[:4]).decode().rstrip("=")
    with pytest.raises(Unreadable):
        unpacked(PREFIX + text)


def test_the_code_is_read_off_paper(key: BadgeKey, tmp_path: Path) -> None:
    text = packed(Shown(sign(facts(), key), NAMES[0]))
    code = segno.make(text, error="m", micro=False)
    assert int(str(code.version)) <= 21  # half a millimetre a module on 5 cm
    code.save(str(tmp_path / "code.png"), scale=4)
    with Image.open(tmp_path / "code.png") as image:
        (found,) = zxingcpp.read_barcodes(image.convert("L"))
    assert found.text == text


def test_the_list_of_revoked_ones_names_nobody(key: BadgeKey) -> None:
    token = revocation_list({4711, 8}, key, AT_MS)
    claims = jwt.decode(
        token, key.private.public_key(), algorithms=["EdDSA"], options={"verify_nbf": False}
    )
    assert set(claims) == {
        "@context", "id", "type", "issuer", "validFrom", "credentialSubject", "iss", "jti", "nbf"
    }  # fmt: skip
    bits = decode_encoded_list(claims["credentialSubject"]["encodedList"])
    assert len(bits) * 8 == STATUS_BITS
    assert [at for at in range(STATUS_BITS) if bits[at // 8] & 0x80 >> at % 8] == [8, 4711]


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.append(load_or_create(tmp_path / "keys").did))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(made)) == 1
    file = tmp_path / "keys" / key_module.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == [key_module.FILE]


def test_a_changed_key_still_vouches_for_what_the_old_one_signed(tmp_path: Path) -> None:
    old = load_or_create(tmp_path)
    token = sign(facts(), old)
    new = rotate(tmp_path, NOW_MS)
    assert new.did != old.did
    kept = load_or_create(tmp_path)
    assert (kept.did, kept.retired) == (new.did, new.retired)
    assert check(read(token), new, (), NOW_MS).state == "valid"
    assert check(read(token), new, {4711}, NOW_MS).state == "revoked"
    newest = rotate(tmp_path, NOW_MS + 1, stolen=True)
    assert check(read(sign(facts(), new)), newest, (), NOW_MS).state == "stolen"
    assert check(read(token), newest, (), NOW_MS).state == "valid"


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nx\n", b"\0" * 5000])
def test_a_spoiled_key_is_told_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / key_module.FILE
    file.touch(mode=0o600)
    file.write_bytes(content)
    with pytest.raises(KeyUnusable):
        load_or_create(tmp_path)
    with pytest.raises(KeyUnusable):
        rotate(tmp_path, NOW_MS)
    assert file.read_bytes() == content


def test_a_key_for_all_eyes_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    load_or_create(tmp_path)
    file = tmp_path / key_module.FILE
    file.chmod(0o644)
    with pytest.raises(KeyUnusable) as told:
        load_or_create(tmp_path)
    assert "chmod" in told.value.hint
    file.chmod(0o600)
    (tmp_path / key_module.RETIRED_FILE).write_text("[{}]")
    with pytest.raises(KeyUnusable):
        load_or_create(tmp_path)
    file.write_bytes(
        X25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(KeyUnusable):
        load_or_create(tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(KeyUnusable) as told:
        load_or_create(tmp_path / "keys" / "below")
    assert told.value.hint


def test_small_things() -> None:
    assert number_of("urn:uuid:7f3a22c1-0000-4000-8000-000000000000") == "7F3A-22C1"
    assert shortened("a b") == "a b"
    assert len(shortened("Wort " * 1000)) < 250
