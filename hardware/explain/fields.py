"""Single fields of a telegram, bit by bit: control, status, configuration and their like.

Source: EN 13757-2, clause 5.7.5; EN 13757-3:2018, clause 5.6; EN 13757-4:2019, clauses 12.5 and
13.2; EN 13757-7:2018, clauses 6.3 and 7.6.
"""

from __future__ import annotations

from hardware.explain.span import Phrase, Tiles, phrase
from hardware.mbus import header
from hardware.mbus.header import manufacturer_letters
from hardware.profiles.bits import Flag
from hardware.profiles.model import Profile

_STATUS_OWN = 0xE0
_DIGITS = "0123456789"

# CI fields that the word list names, each by its two hex digits
NAMED_CI = frozenset((0x51, 0x52, 0x70, *range(0x72, 0x74), *range(0x76, 0x7C), *range(0x8C, 0x91)))
_OWN_CI = range(0xA0, 0xB8)
# control fields by what they say, less the bits that only tell how busy the link is
_NAMED_C = frozenset((0x00, 0x06, 0x08, 0x40, 0x43, 0x44, 0x46, 0x47, 0x48, 0x4A, 0x4B))
_FROM_MASTER = 0x40
_C_KINDS = {0x03: "SND_UD", 0x0A: "REQ_UD1", 0x0B: "REQ_UD2"}


def control(code: int, *, wireless: bool) -> tuple[Phrase, ...]:
    """Return what a C field says."""
    if code in _NAMED_C and (wireless or code != 0x08):
        return (phrase(f"c.{code:02x}"),)
    if code & 0xC0 == 0 and code & 0x0F in (0x00, 0x08):
        kind = phrase(f"c.{code & 0x0F:02x}")
        return (kind, _bit(code, 5, "c.acd"), _bit(code, 4, "c.dfc"))
    if code & 0xC0 == _FROM_MASTER and code & 0x0F in _C_KINDS:
        kind = phrase("c.master", _C_KINDS[code & 0x0F])
        return (kind, _bit(code, 5, "c.fcb"), _bit(code, 4, "c.fcv"))
    return (phrase("c.unknown", f"{code:02X}"),)


def information(ci: int, *, wireless: bool = True) -> Phrase:
    """Return what a CI field says."""
    if ci in _OWN_CI:
        return phrase("ci.own")
    if ci == 0x73 and not wireless:
        return phrase("ci.fixed")
    return phrase(f"ci.{ci:02x}") if ci in NAMED_CI else phrase("ci.unknown", f"{ci:02X}")


def status(byte: int, profile: Profile | None) -> tuple[Phrase, ...]:
    """Return the status byte bit by bit; ``profile`` may know the manufacturer's bits."""
    said = [phrase("status.application", f"{byte & 3:02b}", phrase(f"status.app{byte & 3}"))]
    said += [_bit(byte, bit, f"status.bit{bit}") for bit in (2, 3, 4)]
    own = byte & _STATUS_OWN
    said.append(phrase("status.own", f"{own >> 5:03b}"))
    if own:
        known = profile is not None and profile.status is not None
        flags = profile.status.flags(own) if profile is not None and profile.status else ()
        said += [flag_phrase(flag) for flag in flags]
        if not known:
            said.append(phrase("status.no_table"))
    return (*said, phrase("status.sum", header.status_text(byte)))


def flag_phrase(flag: Flag) -> Phrase:
    """Return a condition's name and its two sentences, of which one is shown."""
    return phrase("flag", flag.name, phrase("either", flag.de, flag.en))


def configuration(word: int) -> tuple[Phrase, ...]:
    """Return the configuration field taken apart."""
    mode = header.Header(configuration=word).encryption_mode
    said = [phrase("cfg.word", f"{word:04X}")]
    if mode == 0 and word >> 8 & 0x1F:
        return (*said, phrase("cfg.signature", word >> 8 & 0x1F))
    said.append(phrase("cfg.mode", mode, phrase(f"mode.{mode}" if mode in (0, 5, 7) else "mode")))
    if mode in (5, 7):
        blocks = word >> 4 & 0x0F
        said.append(phrase("cfg.blocks", blocks, blocks * 16))
    if mode == 7:
        said.append(phrase("cfg.content", word >> 14 & 3, word & 0x0F))
        return tuple(said)
    if mode in (0, 5):
        said += [_bit(word, bit, f"cfg.bit{bit}") for bit in (15, 14, 13)]
        said.append(phrase("cfg.content", word >> 2 & 3, word & 3))
    return tuple(said)


def extension(byte: int) -> tuple[Phrase, ...]:
    """Return what the configuration field's extension of security mode 7 says."""
    return (phrase("cfg.derivation", byte >> 4 & 3), phrase("cfg.key_id", byte & 0x0F))


def communication(byte: int) -> tuple[Phrase, ...]:
    """Return the extended link layer's communication control field, bit by bit."""
    return tuple(_bit(byte, bit, f"cc.bit{bit}") for bit in range(7, 0, -1))


def session(number: bytes) -> tuple[Phrase, ...]:
    """Return what the session number's four bytes say."""
    whole = int.from_bytes(number, "little")
    kind = whole >> 29
    return (
        phrase("sn.encryption", kind, phrase(f"sn.kind{kind}" if kind < 2 else "sn.kind")),
        phrase("sn.time", whole >> 4 & 0x1FFFFFF),
        phrase("sn.session", whole & 0x0F),
    )


def fragmentation(flags: int) -> tuple[Phrase, ...]:
    """Return the authentication layer's fragmentation control field, bit by bit."""
    said = [_bit(flags, bit, f"fcl.bit{bit}") for bit in (14, 13, 12, 11, 10, 9)]
    return (*said, phrase("fcl.fragment", flags & 0xFF))


def long_header(tiles: Tiles, profile: Profile | None, *, msb_first: bool = False) -> None:
    """Cover the twelve bytes of a long header."""
    identification(tiles, msb_first=msb_first)
    manufacturer(tiles, msb_first=msb_first)
    version_and_medium(tiles)
    short_header(tiles, profile, msb_first=msb_first)


def short_header(tiles: Tiles, profile: Profile | None, *, msb_first: bool = False) -> None:
    """Cover access number, status and configuration field."""
    access(tiles)
    tiles.add(1, phrase("status"), *status(tiles.peek(1)[0], profile))
    word = int.from_bytes(tiles.peek(2), "big" if msb_first else "little")
    tiles.add(2, phrase("cfg"), *configuration(word))


def address(tiles: Tiles) -> None:
    """Cover the eight bytes M and A of a radio frame."""
    manufacturer(tiles)
    identification(tiles)
    version_and_medium(tiles)


def access(tiles: Tiles) -> None:
    """Cover an access number."""
    tiles.add(1, phrase("access"), phrase("number", tiles.peek(1)[0]))


def manufacturer(tiles: Tiles, *, msb_first: bool = False) -> None:
    """Cover the two bytes of the manufacturer's letters."""
    code = int.from_bytes(tiles.peek(2), "big" if msb_first else "little")
    tiles.add(2, phrase("manufacturer"), phrase("plain", manufacturer_letters(code)))


def identification(tiles: Tiles, *, msb_first: bool = False) -> None:
    """Cover the four bytes of the meter's number."""
    found = tiles.peek(4)
    digits = (found if msb_first else found[::-1]).hex().upper()
    said = [phrase("plain", digits)]
    if not set(digits) <= set(_DIGITS):
        said.append(phrase("not_decimal"))
    tiles.add(4, phrase("identification"), *said)


def version_and_medium(tiles: Tiles) -> None:
    """Cover the model's version and its medium."""
    tiles.add(1, phrase("version"), phrase("version.hex", f"{tiles.peek(1)[0]:02x}"))
    medium(tiles)


def medium(tiles: Tiles) -> None:
    """Cover a medium."""
    code = tiles.peek(1)[0]
    tiles.add(1, phrase("medium"), phrase("medium.hex", f"{code:02x}", medium_phrase(code)))


def medium_phrase(code: int) -> Phrase:
    """Return a medium in words."""
    if code in header.MEDIA:
        return phrase(f"medium.{code:02x}")
    return phrase("medium.reserved")


def _bit(word: int, bit: int, key: str) -> Phrase:
    is_set = word >> bit & 1
    return phrase("bit", bit, is_set, phrase(f"{key}.{is_set}"))
