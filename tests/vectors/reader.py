"""A second reader of the formats, written from docs/bundle-format.md alone.

It shares no code with the program. Slow and simple on purpose; everything comes back as plain
lists and dicts.
"""

from __future__ import annotations

import hashlib
import lzma
import math
import re
import struct
from typing import Any

import cbor2
import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LIMIT = 2**53
HEADER = ["v", "hub", "epoch", "seq", "prev", "class", "schema", "count", "first", "last", "clock"]
HEADER += ["commit"]
MANIFEST = ["v", "hub", "epoch", "first", "last", "count", "segments"]


class Refused(Exception):
    """``kind`` is one of format, version, signature, chain."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(f"{kind}: {why}")
        self.kind = kind


def need(true: object, why: str, kind: str = "format") -> None:
    if not true:
        raise Refused(kind, why)


def number(value: object, low: int = 0, high: int = LIMIT) -> None:
    need(type(value) is int and low <= value <= high, f"{value!r} is no such number")


def octets(value: object, size: int) -> None:
    need(type(value) is bytes and len(value) == size, f"not {size} bytes")


# CBOR


def read_cbor(data: bytes, limit: int) -> Any:
    need(len(data) <= limit, "too much CBOR")
    try:
        value = cbor2.loads(data)
        again = cbor2.dumps(value, canonical=True)
    except Exception as error:
        raise Refused("format", "no CBOR") from error
    need(again == data, "CBOR in another encoding")
    check_subset(value, 16)
    return value


def check_subset(value: object, depth: int) -> None:
    kind = type(value)
    if kind is int:
        number(value, -LIMIT)
    elif kind is list or kind is dict:
        need(depth, "too deep")
        if isinstance(value, dict):
            need(all(type(key) is str for key in value), "a key that is no text")
            value = list(value.values())
        for item in value:  # type: ignore[attr-defined]
            check_subset(item, depth - 1)
    else:
        need(kind in (bytes, str, bool, type(None)), f"a {kind.__name__}")


def check_fields(value: Any, names: list[str]) -> None:
    need(type(value) is dict and type(value.get("v")) is int, "no map with a version")
    need(value["v"] == 1, "another major version", "version")
    if "minor" in value:
        number(value["minor"], 1, 255)
        need(set(names) <= set(value), "a field is missing")
    else:
        need(set(names) == set(value), "other fields")


def check_signature(key: bytes, signature: object, purpose: str, data: bytes) -> None:
    need(type(signature) is bytes and len(signature) == 64, "a signature")
    try:
        public = Ed25519PublicKey.from_public_bytes(key)
        public.verify(signature, f"dorfhub/{purpose}/1\0".encode() + data)  # type: ignore[arg-type]
    except InvalidSignature as error:
        raise Refused("signature", "not by this key") from error


def check_text(value: object, limit: int) -> None:
    need(type(value) is str and len(value) <= limit and value.isprintable(), "a text")


# Segment


def read_segment(data: bytes, hub: bytes | None = None, key: bytes | None = None) -> dict[str, Any]:
    """Return header, salt and body; with ``hub`` also check signature and commitment."""
    need(len(data) >= 2, "too short")
    size = struct.unpack(">H", data[:2])[0]
    need(len(data) >= 2 + size + 65, "too short")
    raw, signature = data[2 : 2 + size], data[2 + size : 66 + size]
    salt_size, rest = data[66 + size], data[67 + size :]
    need(salt_size in (0, 16) and len(rest) >= salt_size, "salt")
    salt, body = rest[:salt_size], rest[salt_size:]
    need(salt or not body, "an erased segment with a body")
    need(len(body) <= 2 << 20, "body too long")
    header = read_cbor(raw, 512)
    check_fields(header, HEADER)
    octets(header["hub"], 32)
    octets(header["epoch"], 8)
    octets(header["prev"], 32)
    octets(header["commit"], 32)
    number(header["seq"], 1)
    number(header["count"])
    number(header["first"], -LIMIT)
    number(header["last"], -LIMIT)
    need(type(header["class"]) is str, "class")
    need(re.fullmatch("[a-z][a-z0-9-]{0,15}", header["class"]), "class")
    schema = header["schema"]
    need(type(schema) is str and len(schema) <= 64 and schema.isprintable(), "schema")
    clock = header["clock"]
    need(type(clock) is list and len(clock) == 4, "clock")
    number(clock[0], -LIMIT)
    number(clock[1], 0, 255)
    octets(clock[2], 16)
    number(clock[3])
    if hub is not None:
        need(header["hub"] == hub, "another hub", "signature")
        check_signature(key or hub, signature, "segment", raw)
        if salt:
            digest = hashlib.blake2b(salt + body, digest_size=32).digest()
            need(digest == header["commit"], "not the body that was sealed")
    return {
        "header": header,
        "hash": hashlib.blake2b(raw, digest_size=32).digest(),
        "salt": salt,
        "body": body,
    }


def read_chain(
    segments: list[bytes], hub: bytes, keys: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Return verified segments that follow one another from the first of an epoch."""
    found: list[dict[str, Any]] = []
    before = bytes(32)
    for data in segments:
        header = read_segment(data)["header"]
        one = read_segment(data, hub, key_at(hub, keys or [], header["epoch"], header["seq"]))
        need(header["seq"] == len(found) + 1 and header["prev"] == before, "order", "chain")
        need(not found or header["epoch"] == found[0]["header"]["epoch"], "epoch", "chain")
        before = one["hash"]
        found.append(one)
    return found


# Bodies


def unpack(body: bytes) -> bytes:
    need(body and body[0] == 1, "another body version", "version")
    need(len(body) <= 1 << 20, "body too long")
    chain = [{"id": lzma.FILTER_LZMA2, "lc": 0, "lp": 0, "pb": 0, "dict_size": 1 << 20}]
    lzma2 = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)
    try:
        raw = lzma2.decompress(body[1:], (4 << 20) + 1)
    except (lzma.LZMAError, EOFError) as error:
        raise Refused("format", "no LZMA2") from error
    need(len(raw) <= 4 << 20, "unpacks to too much")
    need(lzma2.eof and not lzma2.unused_data, "ends too early or too late")
    return raw


def open_sealed(body: bytes, secret: str) -> bytes:
    try:
        return bytes(pyrage.decrypt(body, [pyrage.x25519.Identity.from_str(secret)]))
    except pyrage.DecryptError as error:
        raise Refused("format", "does not open") from error


# What the events of a county, and of a hub, hold: see "Events" on the page.
TIME = (int, -LIMIT, LIMIT)
KINDS: dict[str, dict[str, Any]] = {
    "stream.begin": {"to": (bytes, 0, 32)},
    "notice.put": {"id": (str, 1, 64), "title": (str, 1, 80), "text": (str, 0, 1000),
                   "from": TIME, "until": None},
    "notice.end": {"id": (str, 1, 64)},
    "course.put": {"id": (str, 1, 64), "title": (str, 1, 200), "text": (str, 0, 4000),
                   "place": (str, 0, 200), "sessions": (list, 0, 200), "seats": (int, 0, 10**5),
                   "cost_cents": (int, 0, 10**8), "language": (str, 0, 20), "level": (str, 0, 100),
                   "area": (str, 0, 100), "access": (str, 0, 500), "statistics": (str, 0, 40),
                   "contact": (str, 0, 200)},
    "course.end": {"id": (str, 1, 64)},
    "setting.put": {"name": (str, 1, 64), "value": None},
    "software.announce": {"version": (str, 1, 40), "text": (str, 0, 1000), "url": (str, 0, 500),
                          "size": (int, 0, LIMIT), "sha256": (bytes, 32, 32)},
    "key.revoke": {"key": (bytes, 32, 32), "what": (str, 1, 20), "why": (str, 0, 200)},
    "care.reply": {"sealed": (bytes, 1, 16 << 10)},
    "erase.receipt": {"order": (bytes, 16, 16), "segments": (int, 0, LIMIT),
                      "rows": (int, 0, LIMIT), "files": (int, 0, LIMIT), "remains": (list, 0, 50)},
    "erase.order": {"order": (bytes, 16, 16), "bodies": (list, 0, 512), "devices": (list, 0, 64)},
    "tls.request": {"request": (bytes, 16, 16), "name": (str, 1, 253), "csr": (bytes, 1, 2048)},
    "tls.certificate": {"request": (bytes, 16, 16), "chain": (bytes, 1, 32 << 10)},
    "tls.refused": {"request": (bytes, 16, 16), "why": (str, 0, 200)},
    "weather.heat_warning": {"region": (str, 1, 64), "level": (int, 0, 2), "from": TIME,
                             "until": TIME, "issued": TIME},
    "audit.head": {"number": (int, 1, LIMIT), "digest": (bytes, 32, 32)},
    "clock.offset": {"boot": (bytes, 16, 16), "offset_ms": TIME, "quality": (int, 0, 255)},
}  # fmt: skip


def read_told(body: bytes) -> list[Any]:
    """Return the events of a body, all of kinds that the page explains."""
    events = read_events(body)
    for _, _, kind, data in events:
        need(kind in KINDS, "another kind")
        for name, rule in KINDS[kind].items():
            need(name in data, f"{kind}: {name} is missing")
            if rule is not None:
                found, low, high = rule
                value = data[name]
                need(type(value) is found, f"{kind}: {name}")
                size = value if found is int else len(value)
                need(low <= size <= high, f"{kind}: {name}")
    return events


def read_events(body: bytes) -> list[Any]:
    events = read_cbor(unpack(body), 4 << 20)
    need(type(events) is list and len(events) <= 16384, "no list of events")
    for event in events:
        need(type(event) is list and len(event) == 4, "an event")
        at, quality, kind, data = event
        number(at, -LIMIT)
        number(quality, 0, 255)
        need(type(kind) is str and re.fullmatch("[a-z][a-z0-9._-]{0,63}", kind), "kind")
        need(type(data) is dict, "data")
    return list(events)


# The rows of a heat plan: see "Heat plans" on the page. "word": 1 to 100 characters; "names": to
# 4000; a pair: a number from, to; "size": a number of at least 0, or null.
HEAT, FIVE = (0, 10**7), (5, 1 << 32)
ROWS: dict[str, dict[str, Any]] = {
    "block": {"cell": "word", "places": "names", "buildings": FIVE, "mwh": HEAT, "m2": "size",
              "type": "word", "age": "word"},
    "carrier": {"cell": "word", "carrier": "word", "buildings": FIVE, "mwh": HEAT,
                "generators": "size"},
    "section": {"cell": "word", "places": "names", "buildings": FIVE, "mwh": HEAT, "mm": "size"},
    "generator": {"cell": "word", "carrier": "word", "kind": "word", "buildings": FIVE},
}  # fmt: skip


def read_plan(body: bytes) -> dict[str, Any]:
    """Return a village's heat plan, whole: with anything wrong in it nothing is believed."""
    told = read_events(body)
    heads = [(at, data) for at, _, kind, data in told if kind == "heat.plan"]
    need(len(heads) == 1, "one heat.plan")
    at, head = heads[0]
    plan: dict[str, Any] = {"told_ms": at}
    for name, low, high in (("release", 1, LIMIT), ("year", 2000, 2200)):
        number(head.get(name), low, high)
        plan[name] = head[name]
    octets(head.get("digest"), 32)
    plan["digest"] = head["digest"]
    ends = head.get("low"), head.get("high")
    if ends != (None, None):
        number(ends[0], 0, 100)
        number(ends[1], 100, 1000)
    plan["low"], plan["high"] = ends
    for name, fields in ROWS.items():
        rows = [data for _, _, kind, data in told if kind == f"heat.{name}"]
        absent = 0 if name == "generator" else None  # villages of before do not name them
        need(head.get(f"{name}s", absent) == len(rows), f"all rows of {name}")
        plan[f"{name}s"] = [read_row(row, fields) for row in rows]
    for name in ("block", "section"):
        cells = [row["cell"] for row in plan[f"{name}s"]]
        need(len(set(cells)) == len(cells) <= 5000, "a cell twice, or too many")
    pairs = [(row["cell"], row["carrier"]) for row in plan["carriers"]]
    need(len(set(pairs)) == len(pairs), "a carrier twice in a cell")
    blocks = {row["cell"] for row in plan["blocks"]}
    need(all(cell in blocks for cell, _ in pairs), "a carrier of no block")
    kinds = [(row["cell"], row["carrier"], row["kind"]) for row in plan["generators"]]
    need(len(set(kinds)) == len(kinds), "a kind twice for a carrier")
    need(all((cell, carrier) in pairs for cell, carrier, _ in kinds), "a kind of no carrier")
    return plan


def read_release(body: bytes) -> dict[str, Any]:
    """Return a piece of a village's open data, or that a cube was withdrawn."""
    told = [one for one in read_events(body) if one[2] in {"open.release", "open.withdrawn"}]
    need(len(told) == 1, "one release")
    at, _, kind, data = told[0]
    cube = data.get("cube")
    need(type(cube) is str and len(cube) <= 64, "cube")
    need(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", cube), "cube")
    number(data.get("number"), 1, LIMIT)
    found = {"cube": cube, "number": data["number"], "told_ms": at}
    if kind == "open.withdrawn":
        return found
    number(data.get("size"), 1, 16 << 20)
    parts = -(-data["size"] // 786432)
    number(data.get("part"), 1, parts)
    octets(data.get("digest"), 32)
    for name in ("address", "publisher", "contact"):
        text = data.get(name)
        need(type(text) is str and len(text) <= 200 and text.isprintable(), name)
    paper, piece = data.get("certificate"), data.get("data")
    need(type(paper) is bytes and 1 <= len(paper) <= 4096, "certificate")
    length = min(786432, data["size"] - 786432 * (data["part"] - 1))
    need(type(piece) is bytes and len(piece) == length, "data")
    names = ("digest", "size", "certificate", "address", "publisher", "contact", "part", "data")
    return found | {name: data[name] for name in names}


def read_row(row: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    for name, rule in fields.items():
        value = row.get(name)
        if isinstance(rule, tuple):
            number(value, *rule)
        elif rule == "size":
            if value is not None:
                number(value, 0, 1 << 40)
        else:
            low, high = (1, 100) if rule == "word" else (0, 4000)
            need(type(value) is str and low <= len(value) <= high, name)
            need(str(value).isprintable(), name)
    return {name: row.get(name) for name in fields}


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, size: int) -> bytes:
        need(len(self.data) >= size, "ends too early")
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def words(self, count: int) -> list[int]:
        declared, width = struct.unpack("<IB", self.take(5))
        need(declared == count and 1 <= width <= 8, "a list of another length")
        planes = [self.take(count) for _ in range(width)]
        return [sum(plane[i] << 8 * n for n, plane in enumerate(planes)) for i in range(count)]

    def integers(self, count: int, low: float = -math.inf, high: float = math.inf) -> list[int]:
        found = [-(word + 1) // 2 if word % 2 else word // 2 for word in self.words(count)]
        need(all(low <= one <= high for one in found), "a number out of bounds")
        return found

    def name(self) -> str:
        try:
            name = self.take(self.take(1)[0]).decode()
        except UnicodeDecodeError as error:
            raise Refused("format", "a name") from error
        need(name, "an empty name")
        return name


def summed(first: int, steps: list[int]) -> list[int]:
    found = [first]
    for step in steps:
        found.append(found[-1] + step)
    need(all(abs(one) < LIMIT for one in found), "a number out of bounds")
    return found


def read_columns(body: bytes) -> list[dict[str, Any]]:
    """Return sources: device, times, qualities, columns (name to values, None where absent)."""
    data = Bytes(unpack(body))
    source_count, quantity_count = struct.unpack("<HH", data.take(4))
    devices = [data.name() for _ in range(source_count)]
    quantities = [data.name() for _ in range(quantity_count)]
    need(len(set(devices)) == source_count, "a device twice")
    need(len(set(quantities)) == quantity_count, "a quantity twice")
    references = data.integers(source_count)
    lengths = data.integers(references.count(0), 0)
    units = data.integers(len(lengths), 0, 1)
    firsts = data.integers(len([n for n in lengths if n]))
    steps = data.integers(sum(n - 1 for n in lengths if n))
    qualities = data.integers(sum(lengths), 0, 255)
    vectors = []
    first = 0
    for length, unit in zip(lengths, units, strict=True):
        times = []
        if length:
            first += firsts.pop(0)
            times = summed(first, [steps.pop(0) for _ in range(length - 1)])
            times = [at * 1000 for at in times] if unit else times
            need(all(abs(at) < LIMIT for at in times), "a time out of bounds")
        vectors.append((times, [qualities.pop(0) for _ in range(length)]))
    sources = []
    own = 0
    for device, reference in zip(devices, references, strict=True):
        need(0 <= reference <= own, "a reference")
        own += reference == 0
        times, quality = vectors[(reference or own) - 1]
        sources.append({"device": device, "times": times, "qualities": quality, "columns": {}})
    for quantity in quantities:
        read_quantity(data, quantity, sources)
    need(not data.data, "goes on after its end")
    return sources


def read_observations(body: bytes) -> list[dict[str, Any]]:
    """Return the observations of an opened body, by source and time."""
    found = []
    for source in read_columns(body):
        words = source["device"].split(" ")
        need(len(words) == 3 and all(words), "a source that is no observations'")
        for i, at in enumerate(source["times"]):
            cells = {n: c[i] for n, c in source["columns"].items() if c[i] is not None}
            one: dict[str, Any] = {"device": words[0], "kind": words[1], "origin": words[2]}
            one |= {"at": at, "quality": source["qualities"][i]}
            for name in ("person", "received_at", "sequence", "user_index"):
                cell = cells.pop(name, None)
                one[name] = None if cell is None else whole(cell)
            need(one["person"] is not None and one["received_at"] is not None, "nobody's")
            values, flags = {}, {}
            for name, cell in cells.items():
                first, *rest = name.split(" ", 2)
                if first.isdigit():
                    values[int(first)] = [rest[0], rest[1] if rest[1:] else "", cell]
                elif first == "flag":
                    flags[rest[0]] = cell != 0
                elif first == "number":
                    flags[rest[0]] = whole(cell)
                elif first == "word":
                    flags[rest[0]] = rest[1]
            one["flags"] = dict(sorted(flags.items()))
            one["values"] = [values[place] for place in sorted(values)]
            found.append(one)
    return found


def whole(cell: float) -> int:
    need(abs(cell) < LIMIT and cell == int(cell), "no whole number")
    return int(cell)


def read_quantity(data: Bytes, quantity: str, sources: list[dict[str, Any]]) -> None:
    presence = data.integers(len(sources), 0, 1)
    having = [source for source, yes in zip(sources, presence, strict=True) if yes]
    exponents = data.integers(len(having), 0, 255)
    gaps = data.integers(len(having), 0, 1)
    sizes = [len(source["times"]) for source in having]
    mask = data.integers(sum(n for n, gap in zip(sizes, gaps, strict=True) if gap), 0, 1)
    masks = [
        [mask.pop(0) for _ in range(n)] if gap else [1] * n
        for n, gap in zip(sizes, gaps, strict=True)
    ]
    whole = [sum(m) for m, e in zip(masks, exponents, strict=True) if e != 255 and sum(m)]
    firsts = data.integers(len(whole))
    steps = data.integers(sum(whole) - len(whole))
    bits = data.words(sum(sum(m) for m, e in zip(masks, exponents, strict=True) if e == 255))
    first = 0
    for source, exponent, present in zip(having, exponents, masks, strict=True):
        count = sum(present)
        values: list[float] = []
        if exponent == 255:
            values = [struct.unpack("<d", struct.pack("<Q", bits.pop(0)))[0] for _ in range(count)]
        else:
            need(exponent <= 9, "an exponent")
            if count:
                first += firsts.pop(0)
                numbers = summed(first, [steps.pop(0) for _ in range(count - 1)])
                values = [one / 10.0**exponent for one in numbers]
        source["columns"][quantity] = [values.pop(0) if yes else None for yes in present]


# Bundle


def read_bundle(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return the manifest and the bytes of the segments, whose shape was looked at."""
    rest = Bytes(data)
    need(rest.take(8) == b"\x89DHB\r\n\x1a\n", "no bundle")
    version, size = struct.unpack(">HI", rest.take(6))
    need(version == 1, "another bundle version", "version")
    need(size <= 256 << 10, "manifest too long")
    raw = rest.take(size)
    need(rest.take(32) == hashlib.sha256(raw).digest(), "the manifest is damaged")
    manifest = read_cbor(raw, 256 << 10)
    check_fields(manifest, MANIFEST)
    octets(manifest["hub"], 32)
    octets(manifest["epoch"], 8)
    number(manifest["first"], 1)
    number(manifest["last"])
    number(manifest["count"], 0, 4096)
    entries = manifest["segments"]
    need(type(entries) is list and len(entries) == manifest["count"], "count")
    need(manifest["last"] - manifest["first"] + 1 == manifest["count"], "count")
    segments = []
    for seq, entry in enumerate(entries, start=manifest["first"]):
        need(type(entry) is list and len(entry) == 2, "an entry")
        number(entry[0], 1, (2 << 20) + 512 + 83)
        octets(entry[1], 32)
        need(struct.unpack(">I", rest.take(4))[0] == entry[0], "a wrong length")
        segment = rest.take(entry[0])
        need(hashlib.sha256(segment).digest() == entry[1], "damaged")
        header = read_segment(segment)["header"]
        same = (header["hub"], header["epoch"]) == (manifest["hub"], manifest["epoch"])
        need(same and header["seq"] == seq, "not the segment of the manifest", "chain")
        segments.append(segment)
    need(not rest.data, "goes on after its end")
    return manifest, segments


# Keys


def read_keys(data: bytes, name: bytes) -> list[dict[str, Any]]:
    """Return the changes of ``name``'s key, the oldest first."""
    outer = read_cbor(data, 16 << 10)
    need(type(outer) is dict and set(outer) == {"name", "keys"}, "no chain")
    octets(outer["name"], 32)
    need(outer["name"] == name, "the chain of another", "signature")
    records = outer["keys"]
    need(type(records) is list and 1 <= len(records) <= 24, "no list of records")
    keys = [name]
    found = []
    for raw in records:
        one = read_record(raw)
        need(one["name"] == name and one["old"] == keys[-1], "does not follow", "signature")
        need(one["new"] not in keys, "a key comes back")
        keys.append(one["new"])
        found.append(one)
    return found


def read_record(raw: object) -> dict[str, Any]:
    need(isinstance(raw, bytes), "no record")
    record = read_cbor(raw, 512)  # type: ignore[arg-type]
    need(type(record) is dict and set(record) == {"rotate", "by_old", "by_new"}, "no record")
    need(type(record["rotate"]) is bytes, "no record")
    inner = read_cbor(record["rotate"], 512)
    names = ["name", "old", "new", "epoch", "seq"]
    check_fields(inner, ["v", *names])
    for field in ("name", "old", "new"):
        octets(inner[field], 32)
    octets(inner["epoch"], 8)
    number(inner["seq"])
    check_signature(inner["old"], record["by_old"], "rotate", record["rotate"])
    check_signature(inner["new"], record["by_new"], "rotate", record["rotate"])
    past = inner.get("past", []) if inner.get("minor") else []
    need(type(past) is list and len(past) <= 4, "past is no list of up to 4")
    for one in past:
        need(type(one) is list and len(one) == 2, "no pair of epoch and number")
        octets(one[0], 8)
        number(one[1])
    return {field: inner[field] for field in names} | {"past": past}


def key_at(name: bytes, keys: list[dict[str, Any]], epoch: bytes, seq: int) -> bytes:
    """Return the key of a segment in an epoch that was never seen before."""
    here = []
    for change in keys:
        ends = [[change["epoch"], change["seq"]], *change["past"]]
        here += [(change, until) for of, until in ends if of == epoch]
    if not here:
        return bytes(keys[-1]["new"]) if keys else name
    passed = [change for change, until in here if seq > until]
    return bytes(passed[-1]["new"] if passed else here[0][0]["old"])


# Messages

HEAD = ["hub", "name", "epoch", "first_seq", "last_seq", "last_hash", "nonce", "now_ms"]
HEAD += ["time_quality"]
MESSAGES = {
    "head": HEAD,
    "ack": ["hub", "epoch", "seq", "county", "at_ms"],
    "notice": ["hub", "county", "code", "epoch", "seq", "at_ms"],
    "enrol": ["county", "name", "care_recipients"],
    "receipt": ["carrier", "kind", "name", "act", "writer", "epoch", "first", "last", "digest"],
    "got": ["hub", "streams", "care_key", "at_ms"],
    "again": ["hub", "county", "epoch", "after", "until", "at_ms"],
    "answer": ["hub", "county", "asked_at_ms", "given", "code", "text", "at_ms"],
}
MESSAGES["receipt"] += ["at_ms", "time_quality"]
SIGNERS = {"head": "hub", "got": "hub", "receipt": "carrier", "answer": "hub"}
OCTETS = {"hub": 32, "county": 32, "epoch": 8, "last_hash": 32, "nonce": 16}
OCTETS |= {"carrier": 32, "writer": 32, "digest": 32}


def read_message(what: str, data: bytes, nonce: bytes) -> dict[str, Any]:
    """Return what a message says, signed by whom it names, and the changes of its key."""
    outer = read_cbor(data, 960 if what == "receipt" else 16 << 10)
    need(type(outer) is dict, "no message")
    chained = what == "enrol" and "keys" in outer
    need(set(outer) == {what, "signature"} | ({"keys"} if chained else set()), "no message")
    need(type(outer[what]) is bytes, "no message")
    inner = read_cbor(outer[what], 16 << 10)
    names = MESSAGES[what]
    check_fields(inner, ["v", *names])
    for field in names:
        check_field(field, inner[field])
    signer = inner[SIGNERS.get(what, "county")]
    said: dict[str, Any] = {"message": {field: inner[field] for field in names}}
    key = signer
    if chained:
        need(type(outer["keys"]) is bytes, "keys")
        said["keys"] = read_keys(outer["keys"], signer)
        key = said["keys"][-1]["new"]
    check_signature(key, outer["signature"], what, outer[what])
    if what == "head":
        need(inner["nonce"] == nonce, "an old answer", "replay")
        need(inner["last_seq"] >= inner["first_seq"] - 1, "ends before it begins")
    if what == "receipt":
        need(inner["last"] >= inner["first"], "ends before it begins")
        if "minor" in inner and "ends" in inner:
            need(type(inner["ends"]) is list and len(inner["ends"]) <= 4, "ends")
            for one in inner["ends"]:
                octets(one, 16)
            said["message"]["ends"] = inner["ends"]
    if what == "again":
        need(inner["until"] > inner["after"], "ends before it begins")
    return said


def check_field(field: str, value: Any) -> None:  # noqa: C901 - a table in words
    if field in OCTETS:
        octets(value, OCTETS[field])
    elif field in ("name", "code", "text"):
        check_text(value, {"name": 100, "code": 40, "text": 400}[field])
    elif field == "kind":
        check_text(value, 16)
    elif field == "act":
        need(value in ("taken", "given", "erased"), "an act")
    elif field == "care_key":
        need(type(value) is str and re.fullmatch("|age1[0-9A-Za-z]{0,2044}", value), "a key")
    elif field == "streams":
        need(type(value) is list and len(value) <= 64, "streams")
        for one in value:
            need(type(one) is list and len(one) == 2, "a stream")
            octets(one[0], 8)
            number(one[1])
    elif field == "care_recipients":
        need(type(value) is list and len(value) <= 16, "recipients")
        for one in value:
            need(type(one) is str and re.fullmatch("age1[0-9A-Za-z]{0,2044}", one), "a recipient")
    elif field.endswith("_ms"):
        number(value, -LIMIT)
    else:
        number(
            value,
            field in ("first_seq", "first", "last"),
            255 if field == "time_quality" else LIMIT,
        )
