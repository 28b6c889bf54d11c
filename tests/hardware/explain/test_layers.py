"""What is said of the radio's layers, of what a key opens and of what it does not."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from hardware.explain import (
    Explanation,
    Span,
    Text,
    Tone,
    explain,
    readings,
    say,
    skeleton,
)
from hardware.mbus.frame import encode_long
from hardware.profiles import Registry, decode_message, shipped
from hardware.wmbus import diehl
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import LinkFrame, crc16, encode_a, encode_b
from tests.hardware.wmbus.fragmented import energies, message_of

ADDRESS = bytes.fromhex("F211785634121B04")


KEY = bytes(range(16))


ENERGY = bytes.fromhex("0406D2040000")  # 1234 kWh


LONG_HEADER = bytes.fromhex("78563412F2111B042A000000")


def told(raw: bytes, key: bytes | None = None, registry: Registry | None = None) -> Explanation:
    return explain([raw], key, FormatStore(), registry or shipped())


def radio(payload: bytes, address: bytes = ADDRESS) -> bytes:
    return LinkFrame(0x44, address, payload).raw


def wired(ci: int, payload: bytes) -> bytes:
    return encode_long(0x08, 1, ci, payload)


def texts(found: Explanation) -> tuple[Text, ...]:
    return found.telegrams[0].texts


def spans(found: Explanation, key: str) -> list[Span]:
    """Return the spans of all texts whose name is ``key``."""

    def inside(some: tuple[Span, ...]) -> list[Span]:
        return [one for span in some for one in (span, *inside(span.parts))]

    return [span for text in texts(found) for span in inside(text.spans) if span.what.key == key]


def words(found: Explanation, key: str) -> list[str]:
    return [say(one) for span in spans(found, key) for one in span.says]


def shown(found: Explanation) -> dict[str, float | str]:
    return {one.name: one.value for text in texts(found) for one in readings(text.spans)}


def cbc(key: bytes, start: bytes, plain: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CBC(start)).encryptor().update(plain)


def cmac(key: bytes, data: bytes) -> bytes:
    code = CMAC(algorithms.AES(key))
    code.update(data)
    return code.finalize()


def mode_5(plain: bytes, *, ci: int = 0x7A) -> bytes:
    plain = b"\x2f\x2f" + plain
    plain += b"\x2f" * (-len(plain) % 16)
    sealed = cbc(KEY, ADDRESS + b"\x2a" * 8, plain)
    return bytes((ci, 0x2A, 0, len(plain) // 16 << 4, 5)) + sealed


def mode_7(plain: bytes) -> bytes:
    plain = b"\x2f\x2f" + plain
    plain += b"\x2f" * (-len(plain) % 16)
    counter, number = b"\x05\0\0\0", ADDRESS[2:6]
    derived = [cmac(KEY, bytes((kind,)) + counter + number + b"\x07" * 7) for kind in (0, 1)]
    transport = b"\x7a\x2a\x00" + bytes((len(plain) // 16 << 4, 7)) + b"\x10"
    transport += cbc(derived[0], bytes(16), plain)
    mac = cmac(derived[1], b"\x25" + counter + transport)[:8]
    return b"\x90\x0f\x00\x2c\x25" + counter + mac + transport


def session(plain: bytes, *, kind: int = 1, ci: int = 0x8D) -> bytes:
    number = b"\x01\x02\x03" + bytes((kind << 5,))
    sealed = crc16(plain).to_bytes(2, "little") + plain
    if kind:
        start = ADDRESS + b"\x20" + number + bytes(3)
        sealed = Cipher(algorithms.AES(KEY), modes.CTR(start)).encryptor().update(sealed)
    address = ADDRESS if ci == 0x8F else b""
    return bytes((ci,)) + b"\x20\x2a" + address + number + sealed


@pytest.mark.parametrize("encode", [encode_a, encode_b])
def test_checksums_of_the_radio(encode: object) -> None:
    frame = LinkFrame(0x44, ADDRESS, b"\x78" + ENERGY * 30)
    raw = encode(frame)  # type: ignore[operator]
    found = told(raw)
    with_checksums, without = texts(found)
    assert with_checksums.data == raw
    assert without.data == frame.raw
    assert {one.tone for one in spans(found, "crc")} == {Tone.GOOD}


def test_format_b_with_one_checksum() -> None:
    found = told(encode_b(LinkFrame(0x44, ADDRESS, b"\x78" + ENERGY)))
    assert len(spans(found, "crc")) == 1


def test_a_block_with_a_wrong_checksum_is_found() -> None:
    raw = bytearray(encode_a(LinkFrame(0x44, ADDRESS, b"\x78" + ENERGY * 5)))
    raw[20] ^= 1
    found = told(bytes(raw))
    assert [one.tone for one in spans(found, "crc")] == [Tone.GOOD, Tone.BAD, Tone.GOOD]
    assert "text.broken" in {text.title.key for text in texts(found)}


def test_a_radio_frame_cut_short_still_says_who_sent_it() -> None:
    found = told(radio(b"\x78" + ENERGY)[:-2])
    assert words(found, "manufacturer") == ["DOR"]
    assert "kein ganzes" in words(found, "open")[0]
    assert told(radio(b"\x78" + ENERGY)[:10]).error is not None


@pytest.mark.parametrize("ci", [0x8C, 0x8E])
def test_extended_link_layer_without_a_session(ci: int) -> None:
    address = ADDRESS if ci == 0x8E else b""
    found = told(radio(bytes((ci,)) + b"\xa0\x2a" + address + b"\x78" + ENERGY))
    assert "Bit 7 = 1: Zähler auch ansprechbar" in words(found, "cc")
    assert shown(found) == {"total_energy_consumption": 1234.0}


@pytest.mark.parametrize("ci", [0x8D, 0x8F])
def test_encrypted_session(ci: int) -> None:
    raw = radio(session(b"\x78" + ENERGY, ci=ci))
    found = told(raw, KEY)
    link, plain = texts(found)
    (sealed,) = spans(found, "sealed")
    assert plain.base == sealed.start
    assert sealed.end == len(link.data)
    assert "Verschlüsselung 1: AES-128-CTR" in words(found, "sn")
    assert shown(found) == {"total_energy_consumption": 1234.0}
    for key in (None, bytes(16)):
        locked = told(raw, key)
        assert locked.error is not None
        assert spans(locked, "sealed")[0].start == sealed.start
        assert shown(locked) == {}
    assert any("der Schlüssel fehlt" in one for one in words(told(raw), "sealed"))
    assert any("passt nicht" in one for one in words(told(raw, bytes(16)), "sealed"))


def test_session_in_the_clear_and_of_an_unknown_kind() -> None:
    clear = told(radio(session(b"\x78" + ENERGY, kind=0)))
    assert [one.tone for one in spans(clear, "payload_crc")] == [Tone.GOOD]
    raw = bytearray(radio(session(b"\x78" + ENERGY, kind=0)))
    raw[-1] ^= 1
    broken = told(bytes(raw))
    assert [one.tone for one in spans(broken, "payload_crc")] == [Tone.BAD]
    assert shown(broken) == {}
    strange = told(radio(b"\x8d\x20\x2a\1\2\3\x60" + bytes(9)))
    assert spans(strange, "sealed")
    assert "Verschlüsselung 3: hier nicht bekannt" in words(strange, "sn")


def test_mode_5_with_and_without_its_key() -> None:
    raw = radio(mode_5(ENERGY) + b"\x0f\x01")
    found = told(raw, KEY)
    link, plain = texts(found)
    assert plain.data[:2] == b"\x2f\x2f"
    assert plain.base == 15
    assert spans(found, "clear")[0].end == len(link.data)
    assert shown(found) == {"total_energy_consumption": 1234.0, "manufacturer_specific": "01"}
    locked = told(raw)
    assert [(one.start, one.end) for one in spans(locked, "sealed")] == [(15, 31)]
    assert "steht hinter dem, was verschlüsselt ist" in words(locked, "open")


def test_content_that_the_receiver_decrypted() -> None:
    found = told(radio(b"\x7a\x2a\0\x10\x05\x2f\x2f" + ENERGY + b"\x2f" * 8))
    assert len(texts(found)) == 1
    assert words(found, "filler") == ["2 × 2F, ohne Bedeutung", "8 × 2F, ohne Bedeutung"]


def test_mode_7_with_its_authentication() -> None:
    raw = radio(mode_7(ENERGY))
    found = told(raw, KEY)
    assert "mit dem Schlüssel geprüft, oder vom Empfänger" in words(found, "mac")
    assert words(found, "mcr") == ["5"]
    assert words(found, "cfg.extension") == ["Schlüsselableitung 1", "Schlüssel Nummer 0"]
    assert shown(found) == {"total_energy_consumption": 1234.0}
    locked = told(raw)
    assert spans(locked, "cfg.extension")
    assert spans(locked, "sealed")
    assert "nicht geprüft" in words(locked, "mac")


def test_authentication_layer_with_all_its_fields() -> None:
    rest = b"\x78" + ENERGY
    layer = b"\x00\x3e\x25\x01\x02" + b"\x05\0\0\0" + bytes(8) + len(rest).to_bytes(2, "little")
    found = told(radio(b"\x90" + bytes((len(layer),)) + layer + rest))
    assert words(found, "ki") == ["01 02 (hex)"]
    assert words(found, "ml") == ["zählt 7 Bytes"]
    assert shown(found) == {"total_energy_consumption": 1234.0}
    plain = told(radio(b"\x90\x02\x00\x00" + rest))
    assert not spans(plain, "mcl")
    assert shown(plain) == {"total_energy_consumption": 1234.0}


def test_layers_that_break_off() -> None:
    for payload in (b"\x90\x0f\x00", b"\x7a\x2a", b"\x8c\x20", b"\x8c\x20\x2a", b"\x51\x01"):
        found = told(radio(payload))
        assert found.error is not None
        assert shown(found) == {}


def test_unknown_mode_and_old_signature() -> None:
    unknown = told(radio(b"\x7a\x2a\0\x10\x08" + bytes(16)))
    assert "Bits 12-8: Modus 8 – hier nicht entschlüsselt" in words(unknown, "cfg")
    assert spans(unknown, "sealed")
    old = told(wired(0x72, LONG_HEADER[:-2] + b"\x34\x1f" + ENERGY))
    assert "Bits 12-8 = 31: kein Modus; alte Zähler haben hier eine Signatur" in words(old, "cfg")
    assert told(radio(b"\x7a\x2a\0\x10\x07\x10")).error is not None
    assert told(radio(b"\x7a\x2a\0\x10\x07")).error is not None


def test_fillers_that_do_not_make_a_telegram_plain() -> None:
    found = told(radio(b"\x7a\x2a\0\x10\x05\x2f\x2f\x01\x7b\x05" + b"\x2f" * 11))
    assert type(found.error).__name__ == "KeyRequired"
    assert spans(found, "sealed")


OMNIPOWER = ("0404", "04843C", "042B", "04AB3C")


def compact(*, wrong: bool = False) -> bytes:
    heads = [bytes.fromhex(one) for one in OMNIPOWER]
    values = [bytes((index, 0, 0, 0)) for index in range(1, 5)]
    full = b"".join(head + value for head, value in zip(heads, values, strict=True))
    signature = crc16(b"".join(heads)).to_bytes(2, "little")
    check = (crc16(full) ^ wrong).to_bytes(2, "little")
    return signature + check + b"".join(values)


def test_compact_frame() -> None:
    found = told(radio(b"\x79" + compact()))
    link, full = texts(found)
    assert full.base is None
    assert [one.end - one.start for one in spans(found, "record.compact")] == [4] * 4
    assert "Kopf 04 04, im Format gespeichert" in words(found, "record.compact")
    assert [one.tone for one in spans(found, "compact.crc")] == [Tone.GOOD]
    assert len(shown(found)) == 4
    assert link.spans[-1].end == len(link.data)
    padded = told(radio(b"\x79" + compact() + b"\x2f\x2f"))
    assert words(padded, "filler") == ["2 × 2F, ohne Bedeutung"]


def test_compact_frames_that_cannot_be_made_whole() -> None:
    for payload in (compact(wrong=True), b"\xff\xff\x00\x00\x01", b"\x01"):
        found = told(radio(b"\x79" + payload))
        assert found.error is not None
        assert spans(found, "open")


def test_compact_frame_behind_encryption() -> None:
    data = compact()
    found = told(radio(mode_5(data, ci=0x7B)), KEY)
    assert found.error is None
    assert "2F 2F: die Entschlüsselung stimmt" in words(found, "filler")
    clear = told(radio(b"\x7b\x2a\0\x20\x05\x2f\x2f" + data + b"\x2f" * 10))
    assert "2F 2F: die Entschlüsselung stimmt" in words(clear, "filler")


def test_radio_with_a_long_header_and_with_records_that_break_off() -> None:
    found = told(radio(b"\x72" + LONG_HEADER + ENERGY))
    assert words(found, "manufacturer") == ["DOR", "DOR"]
    broken = told(radio(b"\x78" + ENERGY + b"\x04\x13\x01"))
    assert spans(broken, "open")[0].says[0].key == "why.cut"
    own_data = told(radio(b"\x78\x0f\x01")[:1] + b"\x06" + radio(b"\x78\x0f\x01")[2:])
    assert shown(own_data) == {}


def test_what_an_old_diehl_radio_scrambled_is_read_from_its_first_record_on() -> None:
    address = bytes.fromhex("2423906078563412")
    plain = bytes.fromhex("0413DDC00000 426CBF23 441382BB0000")
    head = b"\x7a\x2a\0\x10"
    start = diehl.SCRAMBLING_KEYS[0]
    for word in (address[:4], address[4:], head):
        start ^= int.from_bytes(word, "big")
    payload = head + bytes((sum(plain) & 0xEF | 0x10,)) + diehl._shifted(start, plain)
    found = told(LinkFrame(0x44, address, payload).raw)
    assert shown(found) == {
        "total_volume": 49.373,
        "target_date": "2021-03-31",
        "volume_at_target_date": 48.002,
    }
    (sealed,) = spans(found, "sealed")
    assert sealed.end - sealed.start == len(plain)
    locked = told(LinkFrame(0x44, address, payload[:-1] + bytes((payload[-1] ^ 1,))).raw)
    assert locked.error is not None
    assert shown(locked) == {}


def test_what_an_older_diehl_radio_scrambled_is_told_as_records() -> None:
    address = bytes.fromhex("24238B0778563412")
    plain = bytes.fromhex("041312170100426CBF23441344100100")
    head = bytes.fromhex("7A8F0010")
    scrambled = next(iter(diehl.unscrambled(address, head, plain)))  # it undoes itself
    payload = head + bytes((sum(plain) & 0xEF | 0x10,)) + scrambled
    found = told(radio(payload, address))
    sealed = spans(found, "sealed")
    assert [span.end - span.start for span in sealed] == [len(plain)]
    assert len(texts(found)) == 2
    wanted = decode_message([radio(payload, address)], None, FormatStore(), shipped())[0].records
    assert readings(texts(found)[1].spans) == list(wanted)


def test_a_message_in_fragments_is_explained_as_a_whole() -> None:
    records = energies(30)
    raws = message_of(records)
    found = explain(raws, KEY, FormatStore(), shipped())
    assert found.error is None
    first, second = (telegram.texts for telegram in found.telegrams)
    assert [say(text.title) for text in first] == [f"Telegramm, Funk, {len(raws[0])} Bytes"]
    assert "aus ihren Teilen zusammengesetzt" in say(second[1].title)
    for text in (*first, *second):  # every byte once, in order
        assert [span.start for span in text.spans[1:]] == [span.end for span in text.spans[:-1]]
        assert (text.spans[0].start, text.spans[-1].end) == (0, len(text.data))
    assert [one.value for one in readings(second[-1].spans)] == [1000.0 + n for n in range(30)]
    assert [span.tone for text in first + second for span in text.spans].count(Tone.OPEN) == 0
    profile = skeleton(found, raws, KEY, shipped())
    assert profile is not None
    assert "in Teilen" in profile


def test_fragments_that_are_not_whole_are_named() -> None:
    raws = message_of(energies(30), cuts=(70, 140))
    for kept in (raws[:1], raws[1:], [raws[0], raws[2]], [raws[0], raws[0][:-1] + b"\0"]):
        found = explain(kept, KEY, FormatStore(), shipped())
        assert found.error is not None
        assert len(spans(found, "fragment")) == 1
        assert all(len(telegram.texts) == 1 for telegram in found.telegrams)


def test_a_fragment_that_no_key_opens() -> None:
    found = explain(message_of(energies(30)), None, FormatStore(), shipped())
    assert type(found.error).__name__ == "KeyRequired"
    whole = found.telegrams[1].texts[1]
    assert whole.spans[-1].tone is Tone.SEALED
    assert whole.spans[-1].end == len(whole.data)
