"""Advertisements in a line: the fixture ``ether`` speaks as the devices do."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from hardware.ble.advert import Advertisement, Sighting, decode

ADDRESS = "A4:C1:38:01:02:03"
MAC = bytes.fromhex("a4c138010203")
KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")


class Ether:
    """What the tests say and hear."""

    KEY = KEY
    MAC = MAC
    ADDRESS = ADDRESS

    @staticmethod
    def advert(
        address: str = ADDRESS,
        name: str = "",
        services: tuple[str, ...] = (),
        **data: str,
    ) -> Advertisement:
        """Return an advertisement: ``s_fcd2`` is service data, ``m_0499`` a company's, in hex."""
        maker = {
            int(f"0x{k[2:]}", 0): bytes.fromhex(v) for k, v in data.items() if k.startswith("m_")
        }
        service = {k[2:]: bytes.fromhex(v) for k, v in data.items() if k.startswith("s_")}
        return Advertisement(address, name, maker, service, frozenset(services))

    @staticmethod
    def hear(key: bytes | None = None, **what: object) -> Sighting:
        return decode(Ether.advert(**what), key)  # type: ignore[arg-type]

    @staticmethod
    def values(sighting: Sighting) -> dict[str, float | str]:
        return {r.name: r.value for r in sighting.measurement.records}

    @staticmethod
    def numbers(key: bytes | None = None, **what: object) -> dict[str, float | str]:
        return Ether.values(Ether.hear(key, **what))

    @staticmethod
    def flags(key: bytes | None = None, **what: object) -> dict[str, bool | int | str]:
        return Ether.hear(key, **what).measurement.flags

    @staticmethod
    def bthome_sealed(payload: str, counter: int, key: bytes = KEY, info: int = 0x41) -> str:
        """Return encrypted service data of BTHome v2."""
        count = counter.to_bytes(4, "little")
        nonce = MAC + bytes.fromhex("d2fc") + bytes((info,)) + count
        sealed = AESCCM(key, 4).encrypt(nonce, bytes.fromhex(payload), None)
        return (bytes((info,)) + sealed[:-4] + count + sealed[-4:]).hex()

    @staticmethod
    def mi(product: int, payload: str = "", frame: int = 7, control: int = 0x5050) -> str:
        """Return plain service data of MiBeacon with the address in it."""
        head = control.to_bytes(2, "little") + product.to_bytes(2, "little") + bytes((frame,))
        return (head + MAC[::-1] + bytes.fromhex(payload)).hex()

    @staticmethod
    def mi_object(code: int, data: str) -> str:
        raw = bytes.fromhex(data)
        return (code.to_bytes(2, "little") + bytes((len(raw),)) + raw).hex()

    @staticmethod
    def mi_sealed(
        product: int, payload: str, counter: int, key: bytes = KEY, frame: int = 7
    ) -> str:
        """Return encrypted service data of MiBeacon v5."""
        head = bytes.fromhex("5858") + product.to_bytes(2, "little") + bytes((frame,))
        count = counter.to_bytes(3, "little")
        nonce = MAC[::-1] + head[2:5] + count
        sealed = AESCCM(key, 4).encrypt(nonce, bytes.fromhex(payload), b"\x11")
        return (head + MAC[::-1] + sealed[:-4] + count + sealed[-4:]).hex()

    @staticmethod
    def mi_legacy(product: int, payload: str, counter: int, key: bytes) -> str:
        """Return encrypted service data of MiBeacon v3: CCM's text, one byte of its check."""
        head = bytes.fromhex("5830") + product.to_bytes(2, "little") + b"\x07"
        count = counter.to_bytes(3, "little")
        nonce = head + count + MAC[::-1][:5]
        plain = bytes.fromhex(payload)
        counters = Cipher(algorithms.AES(key), modes.CTR(b"\x01" + nonce + b"\x00\x01")).encryptor()
        check = AESCCM(key, 16).encrypt(nonce, plain, b"\x11")[len(plain) :]
        return (head + MAC[::-1] + counters.update(plain) + count + check[:1]).hex()


@pytest.fixture
def ether() -> Ether:
    return Ether()
