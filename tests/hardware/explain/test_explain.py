"""What is said of the bytes of single telegrams, layer by layer."""

from __future__ import annotations

import pytest

from hardware.explain import (
    Explanation,
    Language,
    Phrase,
    Span,
    Text,
    Tone,
    as_spans,
    explain,
    leaves,
    lines,
    readings,
    say,
)
from hardware.explain.reason import reason
from hardware.explain.words import _entries
from hardware.mbus.frame import encode_long, encode_short
from hardware.profiles import Registry, parse, shipped
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.link import LinkFrame

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


def test_wired_telegram_from_its_first_byte_to_its_last() -> None:
    found = told(bytes.fromhex("681F1F680802727856341224400107550000000313153100DA023B13018B6004"
                               "3718021816"))  # fmt: skip
    (text,) = texts(found)
    assert [(one.start, one.what.key) for one in leaves(text.spans)] == [
        (0, "start"), (1, "l"), (2, "l"), (3, "start"), (4, "c"), (5, "a"), (6, "ci"),
        (7, "identification"), (11, "manufacturer"), (13, "version"), (14, "medium"),
        (15, "access"), (16, "status"), (17, "cfg"),
        (19, "dif"), (20, "vif"), (21, "data"),
        (24, "dif"), (25, "dife"), (26, "vif"), (27, "data"),
        (29, "dif"), (30, "dife"), (31, "vif"), (32, "data"),
        (35, "checksum"), (36, "stop"),
    ]  # fmt: skip
    assert words(found, "identification") == ["12345678"]
    assert words(found, "manufacturer") == ["PAD"]
    assert "Zahl × 0.001 = Wert, Einheit m3" in words(found, "vif")
    assert words(found, "data")[:2] == ["Zahl 12565", "Wert 12.565 m3"]
    assert "damit Speicher 5, Tarif 0, Untereinheit 0" in words(found, "dife")
    assert shown(found) == {
        "total_volume": 12.565,
        "volume_flow_max_storage_5": 0.113,
        "energy_tariff_2_subunit_1": 218.37,
    }


def test_most_significant_byte_first() -> None:
    found = told(wired(0x76, bytes.fromhex("1234567811F21B042A000000") + b"\x04\x06\0\0\x04\xd2"))
    assert words(found, "identification") == ["12345678"]
    assert words(found, "data") == ["Zahl 1234", "Wert 1234 kWh"]
    assert words(found, "manufacturer") == ["DOR"]


@pytest.mark.parametrize("ci", [0x73, 0x77])
def test_fixed_structure(ci: int) -> None:
    first = b"\x01\x00\x00\x00" if ci == 0x73 else b"\x00\x00\x00\x01"
    payload = b"\x78\x56\x34\x12\x0a\x00\xe9\x7e" + first + b"\xff\xff\xff\xff"
    found = told(wired(ci, payload))
    assert len(spans(found, "fixed.counter")) == 2
    assert "ungültig oder leer, kein Wert" in words(found, "fixed.counter")
    assert found.error is None
    assert len(shown(found)) == 1
    binary = told(wired(ci, b"\x78\x56\x34\x12\x0a\x03" + payload[6:]))
    assert "Bit 0 = 1: Zählerstände binär" in words(binary, "status")
    assert "Bit 1 = 1: an einem Stichtag gespeichert" in words(binary, "status")


def test_fixed_structure_of_another_length() -> None:
    found = told(wired(0x73, bytes(9)))
    assert [one.tone for one in spans(found, "open")] == [Tone.OPEN]


@pytest.mark.parametrize(
    ("raw", "key", "said"),
    [
        (b"\xe5", "ack", []),
        (encode_short(0x5B, 1), "c", ["REQ_UD2: Frage des Masters", "Bit 5 = 0: Frame Count Bit 0",
                                      "Bit 4 = 1: Frame Count Bit gilt"]),
        (encode_short(0x40, 1), "c", ["SND-NKE: Verbindung zurücksetzen"]),
        (encode_short(0xFF, 1), "c", ["FF: kein Feld, das hier bekannt ist"]),
        (encode_short(0x28, 1), "c", ["RSP-UD: Antwort mit Daten",
                                      "Bit 5 = 1: Alarmdaten (Klasse 1) warten",
                                      "Bit 4 = 0: Zähler nimmt weitere Daten an"]),
        (wired(0x70, b"\x08\x01"), "refusal", ["8"]),
        (wired(0x70, b""), "ci", ["der Zähler meldet einen Fehler"]),
        (wired(0x99, b"\x08"), "ci", ["99: hier nicht bekannt"]),
        (wired(0xA5, b"\x08"), "ci", ["Aufbau ist Sache des Herstellers"]),
    ],
)  # fmt: skip
def test_frames_that_carry_no_readings(raw: bytes, key: str, said: list[str]) -> None:
    found = told(raw)
    assert found.error is not None
    assert words(found, key) == said
    assert shown(found) == {}


def test_a_wrong_checksum_is_named_and_nothing_behind_the_ci_field_is_trusted() -> None:
    raw = bytearray(wired(0x78, ENERGY))
    raw[-2] ^= 1
    found = told(bytes(raw))
    (bad,) = spans(found, "checksum")
    assert bad.tone is Tone.BAD
    assert say(bad.says[0]).startswith("FALSCH, müsste ")
    assert [(one.start, one.end) for one in spans(found, "open")] == [(7, 13)]
    assert shown(found) == {}


@pytest.mark.parametrize(
    "raw", [b"\x68", b"\x68\x05", b"\x68\x05\x05\x68\x08", b"\x12\x13", b"\x10"]
)
def test_what_is_no_frame_is_not_explained(raw: bytes) -> None:
    found = told(raw)
    assert leaves(texts(found)[0].spans)[-1].what.key in {"open", "start", "l"}
    assert "Werte" in "\n".join(lines(found))


def test_short_frame_with_a_wrong_end() -> None:
    raw = encode_short(0x5B, 1)[:-1] + b"\x17"
    (stop,) = spans(told(raw), "stop")
    assert stop.tone is Tone.BAD


def test_wired_header_of_encrypted_content_is_still_explained() -> None:
    payload = LONG_HEADER[:-2] + b"\x10\x05" + bytes(16)
    found = told(wired(0x72, payload))
    (sealed,) = spans(found, "sealed")
    assert (sealed.start, sealed.end, sealed.tone) == (19, 35, Tone.SEALED)
    assert "Bits 7-4: 1 Blöcke zu 16 Bytes verschlüsselt (16 Bytes)" in words(found, "cfg")
    again = told(wired(0x72, payload), KEY)
    assert type(again.error).__name__ == "WrongKey"


def test_wired_content_that_was_decrypted_before() -> None:
    payload = LONG_HEADER[:-2] + b"\x10\x07" + b"\x10\x2f\x2f" + ENERGY
    found = told(wired(0x72, payload))
    assert words(found, "cfg.extension") == ["Schlüsselableitung 1", "Schlüssel Nummer 0"]
    assert shown(found) == {"total_energy_consumption": 1234.0}


def test_status_bit_by_bit() -> None:
    found = told(radio(b"\x7a\x2a\xa6\0\0" + ENERGY))
    said = words(found, "status")
    assert said[:4] == [
        "Bits 1-0 = 10: Fehler der Anwendung (ERROR)",
        "Bit 2 = 1: Batterie schwach (POWER_LOW)",
        "Bit 3 = 0: kein dauernder Fehler",
        "Bit 4 = 0: kein vorübergehender Fehler",
    ]
    assert "kein Profil erklärt sie: [[status]] schreiben" in said


PROFILE = """
profile = "own"
title = {{ de = "Eigener", en = "Own" }}
[[match]]
manufacturer = "DOR"
version = ["1b"]
medium = ["04"]
[records]
energy = {{ name = "heat", factor = 2 }}
volume = {{ ignore = true }}
error_flags = {{ name = "errors", bits = "errors" }}
power = {{ name = "power", highest = 1 }}
{more}
[[bits.errors]]
mask = 1
name = "LEAK"
de = "Leck."
en = "Leak."
[[status]]
mask = 0x20
name = "TAMPERED"
de = "Geöffnet."
en = "Opened."
"""


def own(more: str = "") -> Registry:
    return Registry((parse(PROFILE.format(more=more), "own"), *shipped().profiles.values()))


def test_what_a_profile_makes_of_the_bytes() -> None:
    data = ENERGY + b"\x04\x13\x01\0\0\0" + b"\x01\xfd\x17\x01" + b"\x02\x2e\x05\x00"
    found = told(radio(b"\x7a\x2a\x20\0\0" + data), registry=own())
    assert "TAMPERED: Geöffnet." in words(found, "status")
    said = words(found, "record")
    assert "Regel im Profil own: heißt heat" in said
    assert "→ heat = 2468 kWh" in said
    assert "Regel im Profil own: weglassen" in said
    assert "LEAK: Leck." in said
    assert any("unglaubwürdig" in one for one in said)
    assert "mit dem Profil: 2468 kWh" in words(found, "data")
    assert shown(found) == {"heat": 2468.0, "errors": 1.0, "power": 5.0}
    text = "\n".join(lines(found))
    assert "own – Eigener" in text
    assert "TAMPERED: Geöffnet." in text
    assert "Opened." in "\n".join(lines(found, Language.EN))
    assert "unglaubwürdig" in text


def test_near_profiles_are_named_with_what_does_not_fit() -> None:
    address = bytes.fromhex("F211785634121C07")
    text = "\n".join(lines(told(radio(b"\x78" + ENERGY, address), registry=own())))
    assert "own: ist für Version 1b, nicht 1c, ist für Medium 04, nicht 07" in text
    assert "kein Profil passt auf Hersteller DOR" in text
    anonymous = "\n".join(lines(told(wired(0x78, ENERGY), registry=own())))
    assert "kein Hersteller zu erkennen" in anonymous


def test_profile_for_any_version_and_medium() -> None:
    text = PROFILE.format(more="").replace('version = ["1b"]\nmedium = ["04"]\n', "")
    registry = Registry((parse(text, "own"), *shipped().profiles.values()))
    shown_text = "\n".join(lines(told(radio(b"\x78" + ENERGY), registry=registry)))
    assert "jede Version" in shown_text
    assert "jedes Medium" in shown_text


LAYOUT = """
[[layout]]
ci = ["a2"]
lengths = [5]
fields = [
  { name = "volume_own", at = 0, size = 2, quantity = "volume", factor = 0.1 },
  { name = "low", at = 2, size = 1, bits = [0, 3] },
  { name = "high", at = 2, size = 1, bits = [4, 7] },
  { name = "hidden", at = 3, size = 1, hidden = true },
  { name = "both", sum = ["low", "high"] },
]
[[layout]]
source = "manufacturer_specific"
lengths = [3]
check = [{ at = 0, value = [7] }]
fields = [{ name = "inner", at = 0, size = 1 }]
"""


def test_manufacturers_own_telegram_by_its_layout() -> None:
    found = told(radio(b"\xa2\x0a\x00\x21\x05\x00"), registry=own(LAYOUT))
    assert shown(found) == {"volume_own": 1.0, "low": 1.0, "high": 2.0, "both": 3.0}
    assert [(one.start, one.end) for one in spans(found, "layout.field")] == [
        (11, 13), (13, 14), (14, 15),
    ]  # fmt: skip
    assert [(one.start, one.end) for one in spans(found, "open")] == [(15, 16)]
    assert "folgt aus anderen Feldern:" in words(found, "own")
    assert "hidden: gibt keinen Wert" in words(found, "layout.field")


def test_manufacturers_own_telegram_without_a_layout() -> None:
    unknown = told(radio(b"\xa2\x0a\x00"))
    assert "kein Profil kennt den Aufbau nicht" in words(unknown, "open")[0]
    other = told(radio(b"\xa2\x0a\x00"), registry=own(LAYOUT))
    assert "Profil own kennt den Aufbau nicht" in words(other, "open")[0]
    empty = told(radio(b"\xa2"), registry=own(LAYOUT))
    assert not spans(empty, "open")


def test_manufacturers_own_record_by_its_layout() -> None:
    found = told(radio(b"\x78" + ENERGY + b"\x0f\x07\x01\x02"), registry=own(LAYOUT))
    assert shown(found) == {"heat": 2468.0, "inner": 7.0}
    other = told(radio(b"\x78" + ENERGY + b"\x0f\x08\x01\x02"), registry=own(LAYOUT))
    assert shown(other) == {"heat": 2468.0, "manufacturer_specific": "080102"}
    longer = told(radio(b"\x78" + b"\x1f\x07\x01\x02\x03"), registry=own(LAYOUT))
    assert "ein weiteres Telegramm folgt" in words(longer, "dif")[0]


def test_records_word_by_word() -> None:
    data = (
        b"\x01\xff\x22\x05"  # the manufacturer's VIF
        b"\x01\xff\xfc\x01\x05"
        b"\x02\x7c\x03Wck\x05\x00"  # unit as text
        b"\x02\xfc\x03Wck\x74\x05\x00"  # the same, a hundredth
        b"\x04\xfd\xfd\x01\x05\0\0\0"  # a second level
        b"\x04\xef\x01\x05\0\0\0"
        b"\x02\xfb\x58\x40\x00"  # degrees Fahrenheit
        b"\x04\x83\xfc\x01\x05\0\0\0"  # phase L1
        b"\x04\x83\xfc\x12\x05\0\0\0"  # as bits
        b"\x04\x83\x74\x05\0\0\0"
        b"\x04\x83\x15\x05\0\0\0"  # an error code
        b"\x04\x83\x95\x15\x05\0\0\0"
        b"\x04\x83\x00\x05\0\0\0"  # changes nothing
        b"\x04\x93\xff\x01\x05\0\0\0"
        b"\x05\x13\x00\x00\x80\x3f"
        b"\x0d\x78\x03abc"
        b"\x42\x6c\xff\xff"
        b"\x02\x6c\x3f\x2c"
        b"\x00\x13"
    )
    found = told(wired(0x72, LONG_HEADER + data))
    assert found.error is None
    vifs, vifes = words(found, "vif"), words(found, "vife")
    assert "Einheit als Text" in vifs
    assert words(found, "vif.words") == ["„kcW“", "„kcW“"]
    assert {"Tabelle FB: das nächste Byte nennt die Größe"} <= set(vifs)
    assert "Tabelle FC: das nächste Byte nennt die Größe" in vifes
    assert "heißt nun energy_phase_l1" in vifes
    assert "Bitfeld" in vifes
    assert "ändert nichts" in vifes
    assert "der Zähler meldet: kein brauchbarer Wert" in vifes
    assert any("Zahl × 1/1800" in one for one in vifes) or any("+ (" in one for one in vifes)
    assert "Längenbyte, dann 3 Bytes" in words(found, "data")
    assert "ungültig oder leer, kein Wert" in words(found, "data")
    assert any("keine Daten" in one for one in words(found, "record"))
    assert any("kein Wert" in one for one in words(found, "record"))


def test_records_that_do_not_fit() -> None:
    for data, key in (
        (b"\x3f", "why.special"),
        (b"\x04\x13\x01", "why.cut"),
        (b"\x84", "why.record"),
    ):
        found = told(wired(0x78, ENERGY + data))
        (last,) = spans(found, "open")
        assert last.says[0].key == key
        assert shown(found) == {}
        assert "Wert nicht gezeigt: das Telegramm wird als Ganzes abgelehnt" in words(found, "data")


def test_own_bytes_that_look_like_records() -> None:
    found = told(radio(b"\x78\x00\x13" + ENERGY))
    assert type(found.error).__name__ == "Unsupported"
    assert [one.what.key for one in leaves(texts(found)[0].spans)][-1] == "open"
    refused = told(
        radio(b"\x78" + ENERGY + b"\x0f\x01\x02")[:1]
        + b"\x06"
        + radio(b"\x78" + ENERGY + b"\x0f\x01\x02")[2:]
    )
    assert refused.error is not None
    assert shown(refused) == {}


def test_messages_of_two_meters_are_refused_as_a_whole() -> None:
    raws = [wired(0x72, LONG_HEADER + ENERGY), wired(0x72, b"\x99" + LONG_HEADER[1:] + ENERGY)]
    found = explain(raws, None, FormatStore(), shipped())
    assert [one.error for one in found.telegrams] == [None, None]
    text = "\n".join(lines(found))
    assert "== Telegramm 2 von 2 ==" in text
    assert "Was tun:" in text
    assert "getrennte Zeilen" in text


def test_own_bytes_that_were_scrambled() -> None:
    found = told(bytes.fromhex("1C440106090000701407A04201B787377F73ED94924722998B8FF6B359"))
    assert found.error is None
    assert any("apator-na1" in one for one in words(found, "own"))


def test_wired_short_header_and_none() -> None:
    assert words(told(wired(0x7A, b"\x2a\x00\0\0" + ENERGY)), "access") == ["42"]
    assert "nur" not in words(told(wired(0x7A, b"\x2a")), "open")[0]
    assert shown(told(wired(0x78, ENERGY))) == {"total_energy_consumption": 1234.0}


def test_odd_numbers_and_media() -> None:
    found = told(radio(b"\x78" + ENERGY, bytes.fromhex("F2117856A4121B7F")))
    assert words(found, "identification") == ["12A45678", "keine Dezimalziffern"]
    assert words(found, "medium") == ["7f (hex, so im Profil): nicht vergeben"]


def test_a_near_profile_with_one_thing_that_does_not_fit() -> None:
    for address, words_ in (("F211785634121C04", "Version 1b"), ("F211785634121B07", "Medium 04")):
        text = "\n".join(
            lines(told(radio(b"\x78" + ENERGY, bytes.fromhex(address)), registry=own()))
        )
        assert f"own: ist für {words_}, nicht" in text


def test_a_reason_without_an_error() -> None:
    assert say(reason(None)) == "unbekannt"


def test_no_readings_and_no_status() -> None:
    text = "\n".join(lines(told(wired(0x78, b"\x2f"))))
    assert "keine Werte" in text
    assert "der Zähler sagt nichts dazu" in text


def test_spans_for_tools() -> None:
    found = as_spans(told(wired(0x78, ENERGY)))
    (record,) = [one for one in found if one["kind"] == "record"]
    assert record["standard_name"] == "energy"
    assert record["readings"] == [
        {"name": "total_energy_consumption", "value": 1234.0, "unit": "kWh"}
    ]
    inner = [one for one in found if one["depth"] == 1]
    assert [(one["offset"], one["hex"]) for one in inner] == [
        (7, "04"), (8, "06"), (9, "D2040000"),
    ]  # fmt: skip
    assert "".join(str(one["hex"]) for one in found if one["depth"] == 0) == (
        wired(0x78, ENERGY).hex().upper()
    )


def test_a_line_of_colour_is_the_same_line() -> None:
    tones: set[Tone] = set()

    def paint(tone: Tone, line: str) -> str:
        tones.add(tone)
        return line

    found = told(radio(b"\x7a\x2a\0\x10\x05" + bytes(16)))
    assert list(lines(found, paint=paint)) == list(lines(found))
    assert Tone.SEALED in tones
    assert all(say(Phrase(f"mark.{tone.value}")) for tone in Tone if tone)


def test_control_signs_of_a_text_do_not_reach_the_terminal() -> None:
    text = "\n".join(lines(told(wired(0x78, b"\x0d\xfd\x11\x04\x1b[2J"[:4] + b"J2[\x1b"))))
    assert "\x1b" not in text


def test_every_word_is_there_in_both_languages() -> None:
    for key, (german, english) in _entries().items():
        assert german, key
        assert english, key
        assert german.count("{") == english.count("{"), key
