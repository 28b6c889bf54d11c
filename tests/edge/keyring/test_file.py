"""Suppliers' files of our own making, in all the shapes that they are known to have."""

from __future__ import annotations

import base64
import io
import subprocess
import zipfile

import pytest

from edge.keyring.file import MOST_BYTES, read_keys
from edge.keyring.found import FoundKey, KeyFile
from edge.keyring.kem import MOST_MEMBERS
from edge.keyring.table import MOST_LINES
from edge.keyring.tree import MOST_DEPTH
from edge.keyring.words import KeyFileError

A = "00112233445566778899AABBCCDDEEFF"
B = "FFEEDDCCBBAA99887766554433221100"


def names(found: KeyFile) -> dict[str, str]:
    return {str(one.meter): one.key.hex().upper() for one in found.keys}


def wrong(found: KeyFile) -> list[tuple[int, str]]:
    return [(one.line, one.text) for one in found.wrong]


def refused(data: bytes, words: str, password: str | None = None) -> None:
    with pytest.raises(KeyFileError, match=words) as caught:
        read_keys(data, password)
    said = str(caught.value)
    assert A not in said
    assert "\n" not in said


# --- tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"Hersteller;Seriennummer;Schlüssel\nKAM;76348799;{A}\nQDS;11111111;{B}\n",
        f"Hersteller\tZählernummer\tAES-Schlüssel\nKAM\t76348799\t{A}\nQDS\t11111111\t{B}\n",
        f"manufacturer,serial number,AES key\nKAM,76348799,{A}\nQDS,11111111,{B}\n",
        f"Hersteller;Nummer;Schlüssel\nKAM;76348799;{A}\nQDS;11111111;{B}\n",
        f"Ort;DEK;SerialNo;VendorId\nHaus 1;{A};76348799;KAM\nHaus 2;{B};11111111;QDS\n",
        f'"Serial No";"Key"\n"KAM-76348799";"{A}"\n"6QDS0111111111";"{B}"\n',
        f"# unsere Zähler\n\nKAM;76348799;{A}\n;;\nQDS;11111111;{B}\n",
        f"{A} KAM76348799\n".replace(" ", ";") + f"{B};QDS 11111111",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_tables_of_all_kinds(text: str, encoding: str) -> None:
    found = read_keys(text.encode(encoding))
    assert names(found) == {"KAM-76348799": A, "QDS-11111111": B}
    assert not found.wrong


def test_every_line_is_told() -> None:
    text = (
        f"Nummer des Hauses;Seriennummer;Hersteller;Schlüssel\n"
        f"1;76348799;KAM;{A}\n"
        f"2;763487991;KAM;{A}\n"
        f"3;11111111;QDS;{A[:-1]}\n"
        f"4;22222222;QDS\n"
        f"5;{A};QDS;33333333\n"
        f"6;44444444;;{A}\n"
        f"7;44444444;;{B}\n"
        f"8;76348799;KAM;{A}\n"
    )
    found = read_keys(text.encode())
    assert [one.line for one in found.keys] == [2]
    assert wrong(found) == [
        (3, "„763487991“ ist keine Zählernummer aus acht Ziffern"),
        (4, "der Schlüssel hat 31 statt 32 Zeichen"),
        (5, "hier steht kein Schlüssel"),
        (6, "wo die Zählernummer stehen soll, steht etwas anderes"),
        (7, "44444444 hat verschiedene Schlüssel in den Zeilen 7, 8"),
        (8, "44444444 hat verschiedene Schlüssel in den Zeilen 7, 8"),
    ]


def test_a_table_without_header_tells_what_is_missing() -> None:
    text = f"76348799;{A}\n11111111;{A[:-2]}\n{A}\n{A};{B};22222222\n{A};1;2\nHaus\n"
    found = read_keys(text.encode())
    assert [one.line for one in found.keys] == [1]
    assert wrong(found) == [
        (2, "der Schlüssel hat 30 statt 32 Zeichen"),
        (3, "hier steht keine Zählernummer"),
        (4, "mehrere Schlüssel in einer Zeile ohne Überschrift"),
        (5, "mehrere Zählernummern in einer Zeile ohne Überschrift"),
        (6, "hier steht keine Zählernummer"),
    ]


def test_a_quote_that_is_never_closed_swallows_one_line_only() -> None:
    found = read_keys(f'Serial;Key\n"76348799;{A}\nQDS-11111111;{B}\n'.encode())
    assert names(found) == {"QDS-11111111": B}
    assert [line for line, _ in wrong(found)] == [2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "leer"),
        ("# nichts\n\n;;\n", "leer"),
        ("Seriennummer;Ort\n1;2", "„Schlüssel“"),
        ("Ort;Schlüssel\n1;2", "„Zählernummer“"),
        ("a\n" * (MOST_LINES + 1), "Zeilen"),
        ("Serial;Key\n" + "x" * 200_000, "Zeile 2"),
        ("a\0b", "keine Textdatei"),
    ],
)
def test_tables_that_cannot_be_read(text: str, words: str) -> None:
    refused(text.encode(), words)


# --- XML -------------------------------------------------------------------------------------

ORDER = (
    '<?xml version="1.0" encoding="utf-8"?>\n<MetersInOrder orderid="1" xmlns="http://x/">\n'
    f"<Meter><MeterNo>1</MeterNo><SerialNo>76348799</SerialNo><VendorId>KAM</VendorId>"
    f"<DEK>{A}</DEK><KEK>{B}</KEK></Meter>\n"
    f"<Meter><MeterNo>2</MeterNo><SerialNo>11111111</SerialNo><DEK>{B}</DEK></Meter>\n"
    "</MetersInOrder>"
)


@pytest.mark.parametrize(
    "text",
    [
        ORDER.replace("<SerialNo>11111111", "<VendorId>QDS</VendorId><SerialNo>11111111").replace(
            "utf-8", "UTF-8"
        ),
        (
            f'<r><Device id="KAM-76348799"><Keys><Key id="1">{A}</Key></Keys></Device>'
            f'<Device id="QDS-11111111" AESKey="{B}"/></r>'
        ),
        (
            f"<r><Geraet><Ident><Seriennummer>76348799</Seriennummer></Ident><Hersteller>KAM"
            f"</Hersteller><Sicherheit><Schluessel>{A}</Schluessel></Sicherheit></Geraet>"
            f"<Geraet><Id>QDS-11111111</Id><AES>{B}</AES></Geraet></r>"
        ),
        (
            f'<r><d><p name="SerialNumber" value="KAM-76348799"/><p name="AES-Key">{A}</p></d>'
            f'<d><p name="Serial">QDS-11111111</p><p type="Key" wert="{B}"/></d></r>'
        ),
        f'<meter serial="KAM-76348799" key="{A}"><m serial="QDS-11111111" key="{B}"/></meter>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_xml_of_all_kinds(text: str, encoding: str) -> None:
    if encoding == "utf-16":
        text = text.replace("UTF-8", "utf-16")
    found = read_keys(text.encode(encoding))
    assert names(found) == {"KAM-76348799": A, "QDS-11111111": B}
    assert not found.wrong


def test_two_meters_are_never_put_together() -> None:
    text = (
        "<r><Meter><Id><SerialNo>76348799</SerialNo></Id></Meter>\n"
        f"<Meter><Keys><Key>{A}</Key></Keys></Meter></r>"
    )
    found = read_keys(text.encode())
    assert not found.keys
    assert wrong(found) == [(2, "zu diesem Schlüssel steht keine Zählernummer")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"<r><Meter><SerialNo>1</SerialNo><DEK>{A}</DEK><DEK>{B}</DEK></Meter></r>", "Schlüssel"),
        (f"<r><M><SerialNo>1</SerialNo><SerialNo>2</SerialNo><DEK>{A}</DEK></M></r>", "Zählernumm"),
        (f"<r><a><b><c><d><e><DEK>{A}</DEK></e></d></c></b></a></r>", "keine Zählernummer"),
        (f"<DEK>{A}</DEK>", "keine Zählernummer"),
        (f"<r><M><SerialNo>1</SerialNo><DEK>{A * 200}</DEK></M></r>", "Zeichen"),
    ],
)
def test_what_is_unsure_in_xml_is_told(text: str, words: str) -> None:
    found = read_keys(text.encode())
    assert not found.keys
    (one,) = found.wrong
    assert words in one.text


def test_xml_without_keys_gives_none() -> None:
    assert read_keys(b"<r><Meter><SerialNo>1</SerialNo></Meter></r>") == KeyFile((), ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "DOCTYPE"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "DOCTYPE"),
        ("<r><a></r>", "Zeile 1: kein wohlgeformtes XML"),
        ('<?xml version="1.0" encoding="nobody"?><r/>', "kein wohlgeformtes XML"),
        ("<r>" * (MOST_DEPTH + 1), "tiefer"),
        ("<r>&undefined;</r>", "kein wohlgeformtes"),
    ],
)
def test_xml_that_is_refused(text: str, words: str) -> None:
    refused(text.encode(), words)


def test_xml_with_too_many_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.keyring.tree.MOST_ELEMENTS", 3)
    refused(b"<r><a/><b/><c/></r>", "größer")


# --- Kamstrup's encrypted files --------------------------------------------------------------

PASSWORD = "12345"
ALGORITHM = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"


def kem(
    plain: str = ORDER,
    password: str = PASSWORD,
    *,
    w3c: bool = False,
    algorithm: str = ALGORITHM,
) -> bytes:
    """Encrypt by the `openssl` command, whose padding XML encryption does not have."""
    key = password.encode().ljust(16, b"\0").hex()
    vector = "42" * 16 if w3c else key
    data = plain.encode()
    data += b"\0" * (-len(data) % 16)
    arguments = ("enc", "-aes-128-cbc", "-nopad", "-K", key, "-iv", vector)
    sealed = subprocess.run(
        ("openssl", *arguments), input=data, capture_output=True, check=True
    ).stdout
    sealed = bytes.fromhex(vector) + sealed if w3c else sealed
    value = base64.encodebytes(sealed).decode()
    return (
        f'<?xml version="1.0" encoding="utf-8"?><EncryptedData Type="{ALGORITHM}"'
        ' xmlns="http://www.w3.org/2001/04/xmlenc#">'
        f'<EncryptionMethod Algorithm="{algorithm}" />'
        f"<CipherData><CipherValue>{value}</CipherValue></CipherData></EncryptedData>"
    ).encode()


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("w3c", [False, True])
@pytest.mark.parametrize("in_zip", [False, True])
def test_a_kem_file_opens_with_its_password(*, w3c: bool, in_zip: bool) -> None:
    data = kem(w3c=w3c)
    if in_zip:
        data = zipped(("363A6D78.kem", data), ("meter_information_file.xsd", b"<xsd/>"))
    assert names(read_keys(data, PASSWORD)) == {"KAM-76348799": A, "11111111": B}
    refused(data, "Passwort verschlüsselt")
    refused(data, "passt nicht", "12346")
    refused(data, "passt nicht", "x" * 17)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (kem(algorithm=ALGORITHM.replace("128", "256")), "Art verschlüsselt"),
        (kem().replace(b"</CipherData>", b"</CipherData>" + kem()[90:200]), "wohlgeformtes"),
        (kem().replace(b"<CipherData>", b"<CipherData><CipherValue/>"), "mehrere"),
        (kem().replace(b"<CipherValue>", b"<CipherValue>A"), "beschädigt"),
        (kem().replace(b"<CipherValue>", b"<CipherValue>AAAA"), "beschädigt"),
        (b"<!DOCTYPE a>" + kem()[38:], "DOCTYPE"),
    ],
)
def test_encrypted_files_that_cannot_be_read(data: bytes, words: str) -> None:
    refused(data, words, PASSWORD)


def test_a_zip_file_holds_a_table_as_well() -> None:
    found = read_keys(zipped(("liste.csv", f"76348799;{A}".encode())))
    assert names(found) == {"76348799": A}


def damaged_zip() -> bytes:
    data = bytearray(zipped(("a.csv", b"76348799;" + A.encode() * 50)))
    data[40:50] = bytes(10)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (zipped(("a.csv", b"1"), ("b.csv", b"2")), "2 Dateien"),
        (zipped(("a.doc", b"1")), "0 Dateien"),
        (zipped(("a.csv", b"1"), *((f"{n}.x", b"") for n in range(MOST_MEMBERS))), "1 Dateien"),
        (zipped(("[Content_Types].xml", b"<x/>"), ("xl/a.xml", b"")), "Excel"),
        (zipped(("a.csv", b"\0" * (MOST_BYTES + 1))), "größer als 16 MB"),
        (damaged_zip(), "beschädigt"),
        (b"PK\x03\x04 no zip", "beschädigt"),
        (b"x" * (MOST_BYTES + 1), "größer als 16 MB"),
        (b"%PDF-1.7", "ein PDF"),
        (b"\xd0\xcf\x11\xe0", "Excel"),
    ],
)
def test_files_that_people_try(data: bytes, words: str) -> None:
    refused(data, words)


def test_a_zip_file_with_a_password_says_so() -> None:
    data = bytearray(zipped(("a.csv", f"76348799;{A}".encode())))
    data[6] |= 1  # the flag of an encrypted member, in both headers
    data[data.index(b"PK\x01\x02") + 8] |= 1
    refused(bytes(data), "Passwort verschlüsselt")
    refused(bytes(data), "passt nicht", "geheim")


def test_no_repr_shows_a_key() -> None:
    found = read_keys(f"76348799;{A}".encode())
    assert isinstance(found.keys[0], FoundKey)
    assert A.lower() not in repr(found).lower()
    assert repr(bytes.fromhex(A)) not in repr(found)
