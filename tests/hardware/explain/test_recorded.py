"""Every byte of every recorded telegram is explained once, broken ones among them."""

from __future__ import annotations

import json
from pathlib import Path

from hardware.explain import Explanation, Span, as_spans, explain, lines, readings
from hardware.profiles import decode_message, shipped
from hardware.wmbus.formats import FormatStore

Message = tuple[list[bytes], bytes | None]


def recorded(folder: Path) -> list[Message]:
    found: list[Message] = []
    for line in (folder / "mbus_cases.jsonl").read_text(encoding="utf-8").splitlines():
        digits = json.loads(line)["hex"]
        found.append(([bytes.fromhex(digits[: len(digits) // 2 * 2])], None))
    for line in (folder / "wmbus_cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        raws = [
            bytes.fromhex(one[: len(one) // 2 * 2]) for one in case["telegrams"] if _is_hex(one)
        ]
        key = bytes.fromhex(case["key"]) if case["key"] else None
        if raws:
            found.append((raws, key))
    return found


def _is_hex(digits: str) -> bool:
    return len(digits) > 1 and set(digits.upper()) <= set("0123456789ABCDEF")


def assert_tiles(spans: tuple[Span, ...], start: int, end: int) -> None:
    at = start
    for span in spans:
        assert span.start == at < span.end
        if span.parts:
            assert_tiles(span.parts, span.start, span.end)
        at = span.end
    assert at == end


def assert_covered(found: Explanation) -> None:
    for telegram in found.telegrams:
        for text in telegram.texts:
            assert_tiles(text.spans, 0, len(text.data))


def test_every_byte_of_the_recorded_telegrams(shared_data: Path) -> None:
    read = refused = 0
    for messages, key in recorded(shared_data):
        for raws in (messages, [raw[:-3] for raw in messages if len(raw) > 3]):
            found = explain(raws, key, FormatStore(), shipped())
            assert_covered(found)
            assert max(map(len, lines(found))) <= 100
            assert as_spans(found)
            if found.error is not None:
                refused += 1
                continue
            read += 1
            if len(raws) > 1:
                continue
            shown = [
                one
                for telegram in found.telegrams
                for text in telegram.texts
                for one in readings(text.spans)
            ]
            wanted = [
                record
                for one in decode_message(raws, key, FormatStore(), shipped())
                for record in one.records
            ]
            assert sorted(map(repr, shown)) == sorted(map(repr, wanted))
    assert read > 150
    assert refused > 150
