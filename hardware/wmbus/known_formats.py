"""Record headers of full frames that are known before one was heard.

A meter sends its full frame only every few minutes; with these its first compact one is read. They
are what meters send by their usual settings, most of them Kamstrup's. There a meter's energy and
volume have as many digits as its size asks for, so that each list stands for several.

A list is only tried for a compact frame that names its checksum, and the checksum of the full
frame must match too: a wrong one gives no reading.
"""

from __future__ import annotations

from hardware.wmbus.link import crc16

# e: energy in steps of 0.1 to 10 kWh or 0.1 to 10 MJ; v: volume in steps of 1 to 100 litres
_ENERGY = ("06", "07", "05", "0E", "0F", "0D")
_VOLUME = ("14", "13", "15")

_MULTICAL = (
    # 302
    "03e 43e 03v 426C 022D 01FF21",
    # 303, for heat and for heat and cold
    "04e 04v 04FF07 04FF08 0259 025D 023B 02FF22 026C 44e 44v 426C",
    # 402, and 602 with its two pulse inputs
    "02F9FF15 04e 04EEFF07 04EEFF08 04v 02FD17 026C 426C 44e 44v 043B 0259 025D",
    (
        "02F9FF15 04e 04EEFF07 04EEFF08 04v 8440v 848040v 02FD17 026C 426C 44e 44v C440v C48040v "
        "043B 0259 025D"
    ),
    # 403, 603 and 803
    "04e 04FF07 04FF08 04v 043B 0259 025D 04FF22",
    "04e 04FF07 04FF08 04v 043B 042D 0259 025D 04FF22 0422 143B 142D",
    "04e 04FF07 04FF08 44e 04v 0259 025D 043B 042D 542D 04FF22",
    (
        "04e 04FF07 04FF08 04v 8440v 848040v 043B 0259 025D 142D 8410e 8420e 04FF22 026C"
        " 44e 44v C440v C48040v 426C"
    ),
)
_PLAIN = (
    # the 403 for cold counts its two pulse inputs in other digits than its own volume
    (
        "040E 04FF07 04FF08 0413 844014 84804014 043B 0259 025D 142D 84100E 84200E 04FF22 026C"
        " 440E 4413 C44014 C4804014 426C"
    ),
    # electricity: OMNIPOWER
    "0404 04843C 042B 04AB3C",
    # water: MULTICAL 21 and flowIQ
    "02FF20 0413 4413 615B 6167",
    "02FF20 0413 4413 615B 5167",
    "02FF20 0413 4413",
    "02FF20 0413 4413 426C",
    "02FF20 0413 523B",
    "02FF20 0413 4413 A1015B 8101E7FF0F",
    "02FF20 0413 92013B A1015B 8101E7FF0F",
    "02FF20 0413 4413 426C 523B 615B 6167 5167 8101E7FF0F 06FF1B",
    "04FF23 0413 4413 426C 023B 92013B A2013B 06FF1B A1015B 91015B A10167",
    "04FF23 4413 523B 06FF1B 426C 6167 5167 023B 0413 8101E7FF0F",
    # water: Engelmann's radio with fifteen months
    (
        "426C 4413 01FD17 840113 C40113 840213 C40213 840313 C40313 840413 C40413 840513 C40513"
        " 840613 C40613 840713 C40713 840813 046D 0413"
    ),
)


def known_formats() -> tuple[bytes, ...]:
    """Return each list of record headers; of two with one checksum the more usual one."""
    found: dict[int, bytes] = {}
    for words in _PLAIN:
        _keep(found, words)
    for energy in _ENERGY:
        for volume in _VOLUME:
            for words in _MULTICAL:
                _keep(found, words.replace("e", energy).replace("v", volume))
    return tuple(found.values())


def _keep(found: dict[int, bytes], words: str) -> None:
    headers = bytes.fromhex(words)
    found.setdefault(crc16(headers), headers)
