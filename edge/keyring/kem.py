"""Kamstrup's key files: XML encrypted with a password, by itself or in a zip file.

The content is AES-128-CBC; the key is the password filled up with zero bytes, and the same bytes
are the initialisation vector. A file that follows W3C's rule instead, with the vector in front of
the content, is read as well. A KEM2 file's signature is not checked: a wrong key shows by itself,
it opens no telegram.

Source: Kamstrup, Encryption Key Service, user guide 5512-3205; W3C XML Encryption 1.0, 5.2.
"""

from __future__ import annotations

import base64
import binascii
import lzma
import zipfile
import zlib
from io import BytesIO
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from edge.keyring.words import KeyFileError

MOST_MEMBERS = 20  # a zip holds the keys and a schema
MOST_BYTES = 16 << 20  # unpacked: a town's meters
BLOCK = 16
_ALGORITHM = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
_IS_SEALED = (
    "die Datei ist mit einem Passwort verschlüsselt; bitte mit --password aufrufen (Kamstrup: die"
    " Kundennummer oder das Passwort, das beim Herunterladen gewählt wurde)"
)
_DOES_NOT_OPEN = "das Passwort passt nicht zu dieser Datei"


def unzip(data: bytes, password: str | None) -> bytes:
    """Return the one file with keys in a zip file.

    :raises KeyFileError: if there is none, several, or too much.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            name = _only_member(archive)
            with archive.open(name, pwd=password.encode() if password else None) as member:
                found = member.read(MOST_BYTES + 1)
    except KeyFileError:
        raise
    except _DAMAGED as error:
        raise KeyFileError("das Archiv ist beschädigt oder von unbekannter Art") from error
    except RuntimeError as error:  # zipfile's word for a password that is wrong or missing
        raise KeyFileError(_DOES_NOT_OPEN if password else _IS_SEALED) from error
    if len(found) > MOST_BYTES:
        raise KeyFileError(f"die Datei im Archiv ist größer als {MOST_BYTES >> 20} MB")
    return found


def is_encrypted(data: bytes) -> bool:
    """Tell whether XML is encrypted as a whole."""
    return b"EncryptedData" in data[:4096] and b"CipherValue" in data


def decrypt(data: bytes, password: str | None) -> bytes:
    """Return the XML inside an encrypted one.

    :raises KeyFileError: if the password is missing or wrong, or the encryption another.
    """
    algorithm, sealed = _sealed(data)
    if algorithm != _ALGORITHM:
        raise KeyFileError(
            "die Datei ist auf eine Art verschlüsselt, die der Hub nicht kennt; bitte beim "
            "Lieferanten die Schlüssel als CSV oder als KEM-Datei mit AES-128 anfordern"
        )
    if password is None:
        raise KeyFileError(_IS_SEALED)
    key = password.encode().ljust(BLOCK, b"\0")
    if len(key) != BLOCK or not sealed or len(sealed) % BLOCK:
        raise KeyFileError(_DOES_NOT_OPEN if len(key) != BLOCK else "die Datei ist beschädigt")
    for vector, content in ((key, sealed), (sealed[:BLOCK], sealed[BLOCK:])):
        decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
        plain = decryptor.update(content) + decryptor.finalize()
        start = plain.lstrip(b"\xef\xbb\xbf \r\n\t")
        if start.startswith(b"<") and b">" in start:
            return start[: start.rindex(b">") + 1]  # what follows fills the last block
    raise KeyFileError(_DOES_NOT_OPEN)


_DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
)
_KEY_FILES = (".kem", ".kem2", ".xml", ".csv", ".txt")


def _only_member(archive: zipfile.ZipFile) -> str:
    members = archive.namelist()
    chosen = [name for name in members if name.lower().endswith(_KEY_FILES)]
    if len(members) > MOST_MEMBERS or len(chosen) != 1:
        raise KeyFileError(
            f"im Archiv liegen {len(chosen)} Dateien mit Schlüsseln statt einer; bitte entpacken "
            "und einzeln einlesen"
        )
    return chosen[0]


def _sealed(data: bytes) -> tuple[str, bytes]:
    """Return the algorithm and the bytes of the first cipher value."""
    path: list[str] = []
    algorithm: list[str] = []
    values: list[list[str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(name.rpartition(" ")[2])
        if path[-1] == "EncryptionMethod":
            algorithm.append(attributes.get("Algorithm", ""))
        if path[-1] == "CipherValue":
            values.append([])

    def text(found: str) -> None:
        if path[-1] == "CipherValue":
            values[-1].append(found)

    def doctype(*_: object) -> None:
        raise KeyFileError("die Datei hat eine DOCTYPE-Angabe; solche liest der Hub nicht")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: path.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError) as error:
        raise KeyFileError(f"Zeile {parser.CurrentLineNumber}: kein wohlgeformtes XML") from error
    if len(algorithm) != 1 or len(values) != 1:
        raise KeyFileError(
            "die Datei enthält mehrere verschlüsselte Teile; bitte beim Lieferanten die Schlüssel "
            "als CSV anfordern"
        )
    try:
        return algorithm[0], base64.b64decode("".join("".join(values[0]).split()), validate=True)
    except binascii.Error as error:
        raise KeyFileError("die Datei ist beschädigt") from error
