"""A supplier's file, whatever kind it is: table, XML, Kamstrup's KEM, zipped or not."""

from __future__ import annotations

from edge.keyring import kem
from edge.keyring.found import KeyFile
from edge.keyring.table import read_table
from edge.keyring.tree import read_tree
from edge.keyring.words import KeyFileError

MOST_BYTES = kem.MOST_BYTES
_ZIP = b"PK\x03\x04"
_OTHERS = (  # how files begin that people try
    (b"\xd0\xcf\x11\xe0", "eine alte Excel- oder Word-Datei"),
    (b"%PDF", "ein PDF"),
    (b"-----BEGIN PGP", "eine PGP-Nachricht"),
    (b"7z\xbc\xaf", "ein 7z-Archiv"),
)


def read_keys(data: bytes, password: str | None = None) -> KeyFile:
    """Return the keys of a file and the lines that give none.

    :raises KeyFileError: if the file as a whole cannot be read; the sentence says what to do.
    """
    if len(data) > MOST_BYTES:
        raise KeyFileError(f"die Datei ist größer als {MOST_BYTES >> 20} MB")
    if data.startswith(_ZIP):
        if b"[Content_Types].xml" in data[:4096]:
            raise KeyFileError(
                "das ist eine Excel- oder Word-Datei; bitte die Tabelle als CSV speichern"
            )
        data = kem.unzip(data, password)
    for start, what in _OTHERS:
        if data.startswith(start):
            raise KeyFileError(f"das ist {what}; bitte die Schlüssel als CSV oder XML anfordern")
    if _is_xml(data):
        return read_tree(kem.decrypt(data, password) if kem.is_encrypted(data) else data)
    return read_table(_text(data))


def _is_xml(data: bytes) -> bool:
    start = data[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    return start.startswith(b"<")


def _text(data: bytes) -> str:
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")  # what German spreadsheets write
    if "\0" in text:
        raise KeyFileError("das ist keine Textdatei; bitte die Schlüssel als CSV anfordern")
    return text
