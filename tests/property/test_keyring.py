"""Whatever a supplier sends: keys and lines that are told, or a sentence; never a key in words."""

from __future__ import annotations

import base64
import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.keyring.file import read_keys
from edge.keyring.found import KeyFile
from edge.keyring.words import KeyFileError

keys = st.binary(min_size=16, max_size=16)
numbers = st.integers(0, 99_999_999).map("{:08d}".format)
meters = st.dictionaries(numbers, keys, min_size=1, max_size=5)

TABLE = b"Hersteller;Seriennummer;Schl\xc3\xbcssel\nKAM;76348799;00112233445566778899AABBCCDDEEFF\n"
TREE = (
    b'<?xml version="1.0"?><Meters><Meter id="76348799"><Keys><Key type="AES">'
    b"00112233445566778899AABBCCDDEEFF</Key></Keys><VendorId>KAM</VendorId></Meter></Meters>"
)
SEALED = (
    b'<EncryptedData><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>'
    b"<CipherData><CipherValue>" + base64.b64encode(bytes(64)) + b"</CipherValue></CipherData>"
    b"</EncryptedData>"
)


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", data)
    return buffer.getvalue()


FILES = (TABLE, TREE, SEALED, zipped(TABLE))


def outcome(data: bytes, password: str | None = "geheim") -> KeyFile | str:  # noqa: S107
    """Read; any error but our own is a failure of the test."""
    try:
        return read_keys(data, password)
    except KeyFileError as error:
        said = str(error)
    assert said
    assert said.isprintable()
    return said


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    outcome(data)


@settings(max_examples=400)
@given(st.sampled_from(FILES), st.data())
def test_near_misses(file: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(file) - 1))
    damaged = bytearray(file)
    damaged[at] = data.draw(st.integers(0, 255))
    for near in (bytes(damaged), file[:at], file[at:], file[:at] + file[at + 1 :]):
        found = outcome(near)
        if isinstance(found, KeyFile):
            said = " ".join(one.text for one in found.wrong)
            assert "0011223344" not in said
        else:
            assert "0011223344" not in found


@given(meters, st.sampled_from([";", "\t", ","]), st.booleans())
def test_a_table_gives_back_what_was_put_in(
    meters: dict[str, bytes],
    separator: str,
    has_header: bool,  # noqa: FBT001
) -> None:
    lines = [f"Serial{separator}Key"] if has_header else []
    lines += [f"{number}{separator}{key.hex()}" for number, key in meters.items()]
    found = read_keys("\n".join(lines).encode())
    assert {one.meter.identification: one.key for one in found.keys} == meters
    assert not found.wrong


@given(meters, st.integers(0, 2), st.booleans())
def test_xml_gives_back_what_was_put_in(
    meters: dict[str, bytes],
    wrappers: int,
    as_attribute: bool,  # noqa: FBT001
) -> None:
    text = "<r>"
    for number, key in meters.items():
        inner = f"<Key>{key.hex()}</Key>"
        for depth in range(wrappers):
            inner = f"<w{depth}>{inner}</w{depth}>"
        serial = f"<SerialNo>{number}</SerialNo>"
        text += (
            f'<Meter serial="{number}">{inner}</Meter>'
            if as_attribute
            else f"<Meter>{serial}{inner}</Meter>"
        )
    found = read_keys((text + "</r>").encode())
    assert {one.meter.identification: one.key for one in found.keys} == meters
    assert not found.wrong
