"""Whole telegrams of our own making; what opens them was sealed by the `openssl` command."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from hardware.errors import DecodeError, FrameError, KeyRequired, Unsupported, WrongKey
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram
from hardware.wmbus import layers
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import Checksums, LinkFrame, crc16, encode_a, encode_b
from hardware.wmbus.telegram import decode, read_header

KEY = bytes.fromhex("000102030405060708090A0B0C0D0EFF")
OTHER_KEY = bytes.fromhex("000102030405060708090A0B0C0D0EFE")
ADDRESS = bytes.fromhex("2D2C785634121B04")  # as the link layer has it
LONG_ADDRESS = ADDRESS[2:6] + ADDRESS[:2] + ADDRESS[6:]  # as a long header has it
GATEWAY = bytes.fromhex("2D2C99999999FF37")
ENERGY = bytes.fromhex("0C0678563412")  # 12345678 kWh
VOLUME = bytes.fromhex("04131F030000")  # 0.799 m3
RECORDS = ENERGY + VOLUME + bytes.fromhex("426C1F3C")
FILLED = b"\x2f\x2f" + RECORDS + b"\x2f" * (-(len(RECORDS) + 2) % 16)
BLOCKS = len(FILLED) // 16
SESSION = bytes.fromhex("0A0B0C20")


def openssl(*arguments: str, data: bytes) -> bytes:
    return subprocess.run(
        ("openssl", *arguments), input=data, capture_output=True, check=True
    ).stdout


def cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    return openssl("enc", "-aes-128-cbc", "-nopad", "-K", key.hex(), "-iv", iv.hex(), data=data)


def ctr(key: bytes, iv: bytes, data: bytes) -> bytes:
    return openssl("enc", "-aes-128-ctr", "-K", key.hex(), "-iv", iv.hex(), data=data)


def cmac(key: bytes, data: bytes) -> bytes:
    return openssl(
        "mac", "-cipher", "AES-128-CBC", "-macopt", f"hexkey:{key.hex()}", "-binary", "-in", "-",
        "CMAC", data=data,
    )  # fmt: skip


def radio(payload: bytes, address: bytes = ADDRESS, control: int = 0x44) -> bytes:
    return LinkFrame(control, address, payload).raw


def read(raw: bytes, key: bytes | None = None) -> Telegram:
    return decode([raw], key, FormatStore())


def mode_5(key: bytes = KEY, *, long: bool = False, link: bytes = ADDRESS) -> bytes:
    sealed = cbc(key, ADDRESS + b"\x2a" * 8, FILLED)
    head = b"\x72" + LONG_ADDRESS if long else b"\x7a"
    return radio(head + bytes((0x2A, 0x04, BLOCKS << 4, 0x05)) + sealed + VOLUME, link)


def mode_7(
    *, code_size: int = 8, flags: int = 0x2C00, selection: int = 0x10, counter: bytes = b"\1\2\3\4"
) -> bytes:
    identification = ADDRESS[2:6]
    encrypts, authenticates = (
        cmac(KEY, constant + counter + identification + b"\x07" * 7)
        for constant in (b"\x00", b"\x01")
    )
    sealed = cbc(encrypts, bytes(16), FILLED)
    tpl = bytes((0x7A, 0x2A, 0x00, BLOCKS << 4, 0x07, selection)) + sealed
    length = len(tpl).to_bytes(2, "little") if flags & 0x1000 else b""
    code = cmac(authenticates, b"\x25" + counter + length + tpl)[:code_size]
    key_information = b"\1\2" if flags & 0x0200 else b""
    afl = flags.to_bytes(2, "little") + b"\x25" + key_information + counter + code + length
    return radio(b"\x8c\x00\x2a\x90" + bytes((len(afl),)) + afl + tpl)


def session(
    data: bytes = b"\x78" + RECORDS, *, number: bytes = SESSION, ell: int = 0x8D, key: bytes = KEY
) -> bytes:
    plain = crc16(data).to_bytes(2, "little") + data
    sealed = ctr(key, ADDRESS + b"\x20" + number + bytes(3), plain)
    if ell == 0x8D:
        return radio(b"\x8d\x20\x2a" + number + sealed)
    return radio(b"\x8f\x20\x2a" + GATEWAY + number + sealed)


def assert_read(telegram: Telegram, encryption: str) -> None:
    assert telegram.encryption == encryption
    assert telegram.device_id == "mbus:KAM-12345678-1B-04"
    assert [record.value for record in telegram.records[:3]] == [12345678.0, 0.799, "2024-12-31"]
    assert telegram.access_number == 0x2A


# --- plain -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "link"),
    [
        (b"\x7a\x2a\0\0\0" + RECORDS, ADDRESS),
        (b"\x72" + LONG_ADDRESS + b"\x2a\0\0\0" + RECORDS, GATEWAY),
        (b"\x8c\x20\x2a\x78" + RECORDS, ADDRESS),
        (b"\x8c\x20\x01\x7a\x2a\0\0\0" + RECORDS, ADDRESS),
        (b"\x8e\x20\x2a" + GATEWAY + b"\x78" + RECORDS, ADDRESS),
        (b"\x8e\x20\x01" + GATEWAY + b"\x7a\x2a\0\0\0" + RECORDS, ADDRESS),
        (b"\x7a\x2a\0\x00\x05" + RECORDS, ADDRESS),  # mode 5 with nothing encrypted
    ],
)
def test_plain_telegrams(payload: bytes, link: bytes) -> None:
    assert_read(read(radio(payload, link)), "none")


@pytest.mark.parametrize("encode", [encode_a, encode_b])
def test_checksums_are_looked_at(encode: Callable[[LinkFrame], bytes]) -> None:
    raw = encode(LinkFrame(0x44, ADDRESS, b"\x7a\x2a\0\0\0" + RECORDS))
    assert_read(decode([raw], None, FormatStore(), Checksums.PRESENT), "none")
    damaged = raw[:-1] + bytes((raw[-1] ^ 1,))
    with pytest.raises(FrameError, match="checksum"):
        decode([damaged], None, FormatStore(), Checksums.PRESENT)


def test_no_header_has_no_status() -> None:
    telegram = read(radio(b"\x78" + RECORDS))
    assert telegram.status is None
    assert telegram.access_number is None
    assert telegram.medium == "heat"


def test_session_without_encryption_still_has_its_checksum() -> None:
    data = b"\x78" + RECORDS
    head = b"\x8d\x20\x2a" + bytes(4)
    assert_read(read(radio(head + crc16(data).to_bytes(2, "little") + data)), "none")
    with pytest.raises(DecodeError, match="checksum"):
        read(radio(head + b"\0\0" + data))


# --- encrypted -------------------------------------------------------------------------------

SEALED: dict[str, tuple[Callable[[], bytes], str]] = {
    "mode 5": (mode_5, "aes-cbc-iv"),
    "mode 5, long header": (lambda: mode_5(long=True, link=GATEWAY), "aes-cbc-iv"),
    "mode 7": (mode_7, "aes-cbc-no-iv"),
    "mode 7, length in it": (lambda: mode_7(flags=0x3C00), "aes-cbc-no-iv"),
    "mode 7, key information": (lambda: mode_7(flags=0x2E00), "aes-cbc-no-iv"),
    "mode 7, no code": (lambda: mode_7(flags=0x2800, code_size=0), "aes-cbc-no-iv"),
    "mode 7, code of 16 bytes": (lambda: mode_7(code_size=16), "aes-cbc-no-iv"),
    "session": (session, "ell-aes-ctr"),
    "session, for one receiver": (lambda: session(ell=0x8F), "ell-aes-ctr"),
}


@pytest.mark.parametrize("name", SEALED)
def test_right_key_wrong_key_no_key(name: str) -> None:
    make, encryption = SEALED[name]
    raw = make()
    assert_read(read(raw, KEY), encryption)
    with pytest.raises(WrongKey) as wrong:
        read(raw, OTHER_KEY)
    assert wrong.value.hint
    with pytest.raises(KeyRequired) as missing:
        read(raw)
    assert missing.value.hint
    header = read_header(raw)
    assert (header.manufacturer, header.identification) == ("KAM", "12345678")


def test_mode_7_says_whether_a_code_was_checked() -> None:
    assert not read(mode_7(), KEY).is_unauthenticated
    assert not read(mode_7(code_size=4), KEY).is_unauthenticated
    assert read(mode_7(code_size=2), KEY).is_unauthenticated
    assert read(mode_7(flags=0x2800, code_size=0), KEY).is_unauthenticated
    opened = bytearray(mode_7())
    opened[-len(FILLED) :] = FILLED
    for key in (None, KEY):  # whoever decrypted it may have looked at the code; nobody can now
        assert read(bytes(opened), key).is_unauthenticated
    assert not read(mode_5(), KEY).is_unauthenticated


def test_no_wrong_key_opens_anything() -> None:
    for raw in (mode_5(), mode_7(), session()):
        for bit in range(128):
            wrong = (int.from_bytes(KEY, "big") ^ 1 << bit).to_bytes(16, "big")
            with pytest.raises(DecodeError):
                read(raw, wrong)


@pytest.mark.parametrize("key", [None, KEY])
def test_what_the_receiver_decrypted_needs_no_key(key: bytes | None) -> None:
    plain_5 = bytes((0x7A, 0x2A, 0x04, BLOCKS << 4, 0x05)) + FILLED
    assert_read(read(radio(plain_5), key), "aes-cbc-iv")
    raw = bytearray(mode_7())
    raw[-len(FILLED) :] = FILLED
    assert_read(read(bytes(raw), key), "aes-cbc-no-iv")
    data = b"\x78" + RECORDS
    opened = b"\x8d\x20\x2a" + SESSION + crc16(data).to_bytes(2, "little") + data
    assert_read(read(radio(opened), key), "ell-aes-ctr")


def test_records_behind_an_empty_header_speak_against_the_key() -> None:
    plain = b"\x2f\x2f\x00\x13" + ENERGY + b"\x2f" * 6
    sealed = cbc(KEY, ADDRESS + b"\x2a" * 8, plain)
    with pytest.raises(WrongKey):
        read(radio(bytes((0x7A, 0x2A, 0x04, 0x10, 0x05)) + sealed), KEY)


def test_data_behind_the_encrypted_blocks_are_plain() -> None:
    assert read(mode_5(), KEY).records[-1].value == 0.799
    assert read(mode_5(), KEY).status == "POWER_LOW"


def test_session_is_opened_behind_a_repeater() -> None:
    raw = bytearray(session())
    raw[11] |= 0x10
    assert_read(read(bytes(raw), KEY), "ell-aes-ctr")


def test_changed_ciphertext_is_not_authentic() -> None:
    raw = bytearray(mode_7())
    raw[-1] ^= 1
    with pytest.raises(WrongKey):
        read(bytes(raw), KEY)


def test_fillers_alone_do_not_make_a_telegram_plain() -> None:
    # two fillers by chance in front of what is still encrypted, and happens to read as records
    odd = b"\x2f\x2f" + bytes.fromhex("8FFF0F01") + b"\x2f" * 10
    for content in (bytes.fromhex("2F2FC4BF3F1301000000") + b"\x2f" * 6, odd):
        sent = radio(bytes((0x7A, 0x2A, 0, 0x10, 0x05)) + content)
        with pytest.raises(DecodeError):
            read(sent)
    sent = radio(bytes.fromhex("7A2A001005") + bytes.fromhex("2F2FC4BF3F1301000000") + b"\x2f" * 6)
    with pytest.raises(KeyRequired):
        read(sent)
    with pytest.raises(WrongKey):
        read(sent, KEY)


def test_more_blocks_than_bytes() -> None:
    sent = radio(bytes.fromhex("7A2A00F005") + bytes(range(0x30, 0x50)))
    with pytest.raises(KeyRequired):
        read(sent)
    with pytest.raises(WrongKey):
        read(sent, KEY)
    assert_read(read(radio(bytes.fromhex("7A2A00F005") + RECORDS)), "aes-cbc-iv")


# --- what no key helps with ------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"\x81\x00", "control information 81"),
        (b"\x7a\x2a\0\x10\x0d" + bytes(range(20)), "mode 13"),
        (b"\x8d\x20\x2a\0\0\0\x40\0\0\x78", "session encryption 2"),
        (b"\x90\x02\x00\x40\x7a\x2a\0\0\0", "several fragments"),
        (b"\x90\x02\x02\x00\x7a\x2a\0\0\0", "several fragments"),
    ],
)
def test_kinds_that_are_not_known(payload: bytes, words: str, key: bytes | None) -> None:
    with pytest.raises(Unsupported, match=words):
        read(radio(payload), key)
    assert read_header(radio(payload)).identification == "12345678"


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize(
    ("payload", "ci", "data"),
    [(b"\xa2\x01\x02", 0xA2, b"\1\2"), (b"\x8c\x20\x2a\xb7", 0xB7, b"")],
)
def test_what_the_manufacturer_laid_out(
    payload: bytes, ci: int, data: bytes, key: bytes | None
) -> None:
    sent = radio(payload)
    telegram = read(sent, key)
    assert telegram.own == (ci, data)
    assert telegram.address == sent[2:10]
    assert not telegram.records


def test_key_derivations_that_are_not_known() -> None:
    with pytest.raises(Unsupported, match="key derivation 2"):
        read(mode_7(selection=0x20), KEY)
    bare = radio(bytes((0x7A, 0x2A, 0, 0x10, 0x07, 0x10)) + bytes(range(16)))
    with pytest.raises(Unsupported, match="without a message counter"):
        read(bare, KEY)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"\x8c\x20", "within the extended link layer"),
        (b"\x8c\x20\x2a", "before a CI field"),
        (b"\x90", "within the authentication layer"),
        (b"\x90\x04\x00\x00", "within the authentication layer"),
        (b"\x90\x00\x7a", "too short"),
        (b"\x90\x02\x00\x20\x7a", "2 bytes for its fields"),
        (b"\x90\x03\x00\x00\x01\x7a", "3 bytes for its fields"),
        (b"\x90\x03\x00\x24\x25\x7a", "3 bytes for its fields"),
        (b"\x90\x04\x00\x10\x09\x00\x7a\x2a\0\0\0", "length does not match"),
        (b"\x7a\x2a\0", "within the transport layer's header"),
        (b"\x72\x2a\0", "within the transport layer's header"),
        (b"\x78\x04\x13\x00", "a record of 4 bytes has 1 left at byte 11"),
    ],
)
def test_layers_that_break_their_standard(payload: bytes, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read(radio(payload))


def test_wrong_key_that_passes_a_checksum_is_a_wrong_key() -> None:
    with pytest.raises(WrongKey, match="gives no telegram"):
        read(session(b"\x01" + RECORDS), KEY)


def test_a_single_fragment_is_whole() -> None:
    assert_read(read(radio(b"\x90\x02\x01\x00\x7a\x2a\0\0\0" + RECORDS)), "none")


def test_manufacturers_own_content_is_no_record() -> None:
    with pytest.raises(Unsupported, match="manufacturer's own, not records"):
        read(radio(b"\x78" + VOLUME + b"\0\0\0\0" + ENERGY))
    assert len(read(radio(b"\x78" + VOLUME + b"\0\0\0\0")).records) == 1


def test_only_meters_that_send_data_are_read() -> None:
    for control in (0x40, 0x53, 0x06):
        with pytest.raises(Unsupported, match=f"control field {control:02X}"):
            read(radio(b"\x78" + VOLUME, control=control))
    assert read(radio(b"\x78" + VOLUME, control=0x28)).records


# --- several telegrams -----------------------------------------------------------------------


def test_compact_frames_need_an_earlier_full_one() -> None:
    skeleton = bytes.fromhex("0C060413426C")
    data = bytes.fromhex("79563412" + "20030000" + "1F3C")
    full = bytes.fromhex("0C067956341204132003 0000426C1F3C")
    body = crc16(skeleton).to_bytes(2, "little") + crc16(full).to_bytes(2, "little") + data
    formats = FormatStore(())
    compact = session(b"\x79" + body)
    with pytest.raises(Unsupported, match="no full frame"):
        decode([compact], KEY, formats)
    decode([session()], KEY, formats)
    telegram = decode([compact], KEY, formats)
    assert [record.value for record in telegram.records] == [12345679.0, 0.8, "2024-12-31"]
    encrypted = b"\x2f\x2f" + body + b"\x2f" * (-(len(body) + 2) % 16)
    sent = bytes((0x7B, 0x2A, 0, 0x10, 0x05)) + cbc(KEY, ADDRESS + b"\x2a" * 8, encrypted)
    assert len(encrypted) == 16
    assert decode([radio(sent)], KEY, formats).records == telegram.records


def test_what_a_meter_said_last_of_a_register_counts() -> None:
    first = radio(b"\x78" + RECORDS)
    second = radio(b"\x78" + bytes.fromhex("041320030000"))
    telegram = decode([first, second], None, FormatStore())
    assert [record.value for record in telegram.records] == [12345678.0, "2024-12-31", 0.8]


def test_telegrams_of_two_meters_are_no_message() -> None:
    with pytest.raises(DecodeError, match="several meters"):
        decode([radio(b"\x78"), radio(b"\x78", GATEWAY)], None, FormatStore())
    with pytest.raises(FrameError, match="no telegram"):
        decode([], None, FormatStore())


# --- the header alone ------------------------------------------------------------------------


def test_header_is_read_as_far_as_it_goes() -> None:
    assert read_header(b"\x00") == Header()
    assert read_header(mode_5(long=True, link=GATEWAY)).identification == "12345678"
    assert read_header(session(ell=0x8F)).identification == "12345678"
    assert layers.read_header(LinkFrame(0x44, GATEWAY, b"\x8c")).identification == "99999999"


def test_a_radio_module_names_the_meter_that_it_speaks_for() -> None:
    named = b"\x78\x07\x79" + LONG_ADDRESS + VOLUME
    telegram = read(radio(named, GATEWAY))
    assert telegram.device_id == "mbus:KAM-12345678-1B-04"
    assert [record.value for record in telegram.records] == ["KAM-12345678-1B-04", 0.799]
    assert read(radio(named)).device_id == "mbus:KAM-12345678-1B-04"
    # a meter is what its own header says; so is a module that names nobody
    other = LONG_ADDRESS[1:4] + b"\x99" + LONG_ADDRESS[4:]
    assert read(radio(b"\x78\x07\x79" + other + VOLUME)).identification == "12345678"
    assert read(radio(b"\x78" + VOLUME, GATEWAY)).identification == "99999999"


def test_an_address_that_is_cut_off_names_nobody() -> None:
    with pytest.raises(DecodeError):
        read(radio(b"\x78\x07\x79" + LONG_ADDRESS[:-1], GATEWAY))
