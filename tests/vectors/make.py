"""Make the test vectors of docs/bundle-format.md: ``python tests/vectors/make.py [FOLDER]``.

Everything is fixed, keys and salts too; only what age sealed cannot be made again, so the sealed
body is taken from the folder, and a new one is made where there is none.
The keys in here are for these files only.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import bundle, cbor, columns, events, observations, packing, stream
from sync.columns import Source
from sync.events import Event
from sync.identity import Identity, Purpose
from sync.segment import NO_PREVIOUS, ClockState, Segment, StreamClass, commitment, seal
from tests.vectors import messages, observed, plans, releases

HERE = Path(__file__).parent
T0 = 1_795_000_000_000
EPOCH = bytes(range(1, 9))
AGE_SECRET = "AGE-SECRET-KEY-1GLL6MGUK9STWJJ0S5MZTW9GK2Q7WTP6VZMYCDM568GQ47TNE24YQJ5AGZG"
SEALED = "care-body.age"
OBSERVED = "observation-body.age"
METERS = [
    Source(
        "mbus:KAM-70000001-27-04",
        [T0, T0 + 900_000, T0 + 1_800_000],
        [4, 4, 1],
        {
            "energy_kwh": [12345.6, 12345.8, 12346.1],
            "flow_temperature_degc": [65.4, None, 64.9],
            "power_kw": [-0.0, math.inf, 5e-324],
        },
    ),
    Source(
        "mbus:LUG-66000007-07-04",
        [T0, T0 + 900_000, T0 + 1_800_000],
        [4, 4, 1],
        {"energy_kwh": [7.0, 8.0, 10.0], "volume_m3": [0.001, 0.002, 0.004]},
    ),
    Source("wmbus:Zähler", [-1, 1], [0, 255], {"volume_m3": [None, None]}),
    Source("silent", [], [], {"energy_kwh": []}),
]
CARE = [
    Source(
        "ble:cuff",
        [T0 + 1, T0 + 60_001],
        [4, 4],
        {
            "person": [3.0, 3.0],
            "systolic_mmhg": [121.0, 118.5],
            "pulse_per_min": [None, 64.0],
        },
    )
]
EVENTS = [
    Event(T0, 4, "course.enrolled", {"course": "smartphone", "seats": 12, "online": False}),
    Event(T0 + 1, 4, "course.note", {"text": "Bitte Brille mitbringen – ä", "ref": b"\x01\x02"}),
    Event(-5, 0, "clock.set", {"from": -5, "to": T0, "more": [None, [True], {}]}),
]

TOLD = [
    Event(T0, 4, "stream.begin", {"to": b""}),
    Event(T0, 4, "notice.put", {"id": "n1", "title": "Sprechtag", "text": "Dienstag\nab 14 Uhr",
                                "from": T0, "until": T0 + 86_400_000}),
    Event(T0, 4, "notice.end", {"id": "n1"}),
    Event(T0, 4, "course.put", {
        "id": "26H-5011", "title": "Das eigene Smartphone", "text": "", "place": "Lich",
        "sessions": [[T0, T0 + 5_400_000]], "seats": 8, "cost_cents": 1250, "language": "de",
        "level": "1", "area": "2.1", "access": "stufenlos", "statistics": "4.1", "contact": "",
    }),
    Event(T0, 4, "course.end", {"id": "26H-5011"}),
    Event(T0, 4, "setting.put", {"name": "weather-station", "value": "K2204"}),
    Event(T0, 4, "software.announce", {"version": "0.2.0", "text": "", "url": "", "size": 7,
                                       "sha256": bytes(range(32))}),
    Event(T0, 4, "key.revoke", {"key": bytes(range(32)), "what": "bus", "why": "gestohlen"}),
    Event(T0, 4, "care.reply", {"sealed": b"age-encryption.org/v1"}),
    Event(T0, 4, "erase.receipt", {"order": bytes(range(16)), "segments": 3, "rows": 0, "files": 1,
                                   "remains": ["Stick rot: bis er wiederkommt"]}),
    Event(T0, 4, "erase.order", {"order": bytes(range(16)), "bodies": [bytes(range(32))],
                                 "devices": ["mbus:KAM-70000001-27-04"]}),
    Event(T0, 4, "tls.request", {"request": bytes(range(16)), "name": "dorfhub.example",
                                 "csr": b"PKCS #10"}),
    Event(T0, 4, "tls.certificate", {"request": bytes(range(16)), "chain": b"PEM"}),
    Event(T0, 4, "weather.heat_warning", {"region": "Kreis Gießen", "level": 1, "from": T0,
                                          "until": T0 + 86_400_000, "issued": T0 - 3_600_000}),
    Event(T0, 4, "tls.refused", {"request": bytes(range(16)), "why": "Falscher Name."}),
    Event(T0, 4, "audit.head", {"number": 214, "digest": bytes(range(32))}),
    Event(T0, 4, "clock.offset", {"boot": bytes(range(16)), "offset_ms": T0 - 65_000,
                                  "quality": 4}),
]  # fmt: skip


@dataclass(slots=True)
class Vectors:
    """What becomes ``vectors.json``, and the files beside it."""

    signer: Identity
    files: dict[str, bytes] = field(default_factory=dict)
    read: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)

    def accept(self, name: str, what: str, data: bytes, why: str, **says: Any) -> None:
        self.files[name] = data
        self.read.append({"file": name, "what": what, "why": why, "says": plain(says)})

    def refuse(self, name: str, what: str, data: bytes, kind: str, why: str) -> None:
        self.files[name] = data
        self.refused.append({"file": name, "what": what, "kind": kind, "why": why})


def key(name: str) -> Identity:
    seed = hashlib.sha256(f"dorfhub test vector {name}".encode()).digest()
    return Identity(Ed25519PrivateKey.from_private_bytes(seed))


def plain(value: Any) -> Any:
    """Return ``value`` as JSON can say it: bytes as hex, floats as their bits."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return "f64:" + struct.pack(">d", value).hex()
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def sources_of(sources: list[Source]) -> list[dict[str, Any]]:
    return [
        {
            "device": s.device,
            "times": list(s.times_ms),
            "qualities": list(s.qualities),
            "columns": {name: list(column) for name, column in s.columns.items()},
        }
        for s in sources
    ]


def resigned(signer: Identity, segment: Segment, **changes: Any) -> bytes:
    """Return a segment as another version, or a forger with the hub's key, would write it."""
    fields: Any = cbor.loads(segment.raw_header, limit=512)
    fields = {name: value for name, value in (fields | changes).items() if value is not ...}
    raw = cbor.dumps(fields)
    signature = signer.sign(Purpose.SEGMENT, raw)
    return Segment(segment.header, raw, signature, segment.salt, segment.body).encode()


def make_chain(signer: Identity, sealed: bytes) -> list[Segment]:
    bodies: list[tuple[StreamClass | str, str, bytes, int]] = [
        (StreamClass.VILLAGE, "meter/1", columns.encode(METERS), 5),
        (StreamClass.CARE, "care/1", sealed, 2),
        (StreamClass.EVENT, "course/1", events.encode(EVENTS), len(EVENTS)),
        (StreamClass.VILLAGE, "meter/1", columns.encode(METERS[1:2]), 3),
        ("lending-2", "lending/7", b"what a later release writes", 1),
    ]
    chain: list[Segment] = []
    for seq, (kind, schema, body, count) in enumerate(bodies, start=1):
        chain.append(
            seal(
                signer,
                epoch=EPOCH,
                seq=seq,
                previous=chain[-1].hash if chain else NO_PREVIOUS,
                stream=kind,
                schema=schema,
                count=count,
                first_ms=T0,
                last_ms=T0 + 1_800_000,
                clock=ClockState(T0 + seq, 4, bytes(range(16)), 1000 * seq),
                salt=bytes([seq]) * 16,
                body=body,
            )
        )
    chain[3] = chain[3].erase()
    return chain


def sealed_body(folder: Path, name: str, plain_body: bytes) -> bytes:
    file = folder / name
    if file.exists():
        sealed = file.read_bytes()
        if stream.open_sealed(sealed, [AGE_SECRET]) != plain_body:
            raise SystemExit(f"{file} holds another body than this program makes: delete it")
        return sealed
    import pyrage  # noqa: PLC0415 - nothing but a new body needs it

    public = str(pyrage.x25519.Identity.from_str(AGE_SECRET).to_public())
    return stream.seal_to(plain_body, [public])


def says(segment: Segment) -> dict[str, Any]:
    return {"header": cbor.loads(segment.raw_header, limit=512), "hash": segment.hash}


def add_segments(vectors: Vectors, chain: list[Segment]) -> None:
    signer, (village, care, event, erased, unknown) = vectors.signer, chain
    add = vectors.accept
    add("village.seg", "columns", village.encode(), "numbers", **says(village),
        sources=sources_of(METERS))  # fmt: skip
    add("care.seg", "sealed", care.encode(), "sealed numbers", **says(care),
        sources=sources_of(CARE))  # fmt: skip
    add("event.seg", "events", event.encode(), "events", **says(event),
        events=[[e.at_ms, e.quality, e.kind, dict(e.data)] for e in EVENTS])  # fmt: skip
    add("erased.seg", "segment", erased.encode(), "salt and body are gone", **says(erased))
    add("unknown.seg", "segment", unknown.encode(), "an unknown class and schema", **says(unknown))
    minor = Segment.decode(resigned(signer, village, minor=1, place={"a": [1, b"x"]}))
    add("minor.seg", "columns", minor.encode(), "a later minor version's field", **says(minor),
        sources=sources_of(METERS))  # fmt: skip

    raw = village.encode()
    size = struct.unpack(">H", raw[:2])[0]
    signature_at, salt_at = 2 + size, 2 + size + 65
    refuse = vectors.refuse
    refuse("empty.seg", "segment", b"", "format", "no byte at all")
    refuse("cut-header.seg", "segment", raw[: size // 2], "format", "cut in the header")
    refuse("cut-salt.seg", "segment", raw[: salt_at + 3], "format", "cut in the salt")
    refuse("cut-body.seg", "segment", raw[:-1], "format", "cut in the body: commitment")
    flipped = bytearray(raw)
    flipped[-1] ^= 1
    refuse("flip-body.seg", "segment", bytes(flipped), "format", "a bit of the body: commitment")
    flipped = bytearray(raw)
    flipped[signature_at] ^= 1
    refuse("flip-signature.seg", "segment", bytes(flipped), "signature", "a bit of the signature")
    salted = raw[: salt_at - 1] + b"\x08" + raw[salt_at:]
    refuse("salt-8.seg", "segment", salted, "format", "a salt of 8 bytes")
    bodied = erased.encode() + b"body"
    refuse("erased-body.seg", "segment", bodied, "format", "an erased segment with a body")
    other = resigned(key("stranger"), village)
    refuse("stranger.seg", "segment", other, "signature", "signed by another key")
    named = resigned(signer, village, hub=key("stranger").public_key)
    refuse("other-hub.seg", "segment", named, "signature", "names another hub")
    forged: list[tuple[str, dict[str, Any], str, str]] = [
        ("v-2", {"v": 2, "seq": "of another shape"}, "version", "another major version"),
        ("field-unknown", {"place": 1}, "format", "an unknown field without a minor version"),
        ("field-missing", {"count": ...}, "format", "a field is missing"),
        ("minor-0", {"minor": 0}, "format", "minor 0 is written by leaving it out"),
        ("minor-missing", {"minor": 2, "count": ...}, "format", "a minor version lacks a field"),
        ("seq-0", {"seq": 0}, "format", "numbers begin at 1"),
        ("class-upper", {"class": "Village"}, "format", "no name of a class"),
        ("schema-newline", {"schema": "a\nb"}, "format", "text that is not printable"),
        ("epoch-7", {"epoch": bytes(7)}, "format", "an epoch of 7 bytes"),
        ("clock-5", {"clock": [0, 4, bytes(16), 0, 0]}, "format", "a clock of 5 items"),
    ]
    for name, changes, kind, why in forged:
        refuse(f"{name}.seg", "segment", resigned(signer, village, **changes), kind, why)


def add_observations(vectors: Vectors, chain: list[Segment], sealed: bytes) -> None:
    one = seal(
        vectors.signer,
        epoch=EPOCH,
        seq=len(chain) + 1,
        previous=chain[-1].hash,
        stream=StreamClass.CARE,
        schema="observation/1",
        count=len(observed.OBSERVED),
        first_ms=min(each.observed_at for each in observed.OBSERVED),
        last_ms=max(each.observed_at for each in observed.OBSERVED),
        clock=ClockState(T0, 4, bytes(range(16)), 6000),
        salt=bytes([6]) * 16,
        body=sealed,
    )
    found = observations.from_sources(observations.to_sources(observed.OBSERVED))
    vectors.accept("observation.seg", "observations", one.encode(), "sealed observations",
                   **says(one), observations=observed.said(found))  # fmt: skip
    for name, body, why in observed.to_refuse():
        vectors.refuse(name, "observations-body", body, "format", why)


def add_plans(vectors: Vectors, chain: list[Segment]) -> None:
    one = seal(
        vectors.signer,
        epoch=EPOCH,
        seq=len(chain) + 1,
        previous=chain[-1].hash,
        stream=StreamClass.EVENT,
        schema="heat-plan/1",
        count=plans.PLAN.rows,
        first_ms=T0,
        last_ms=T0,
        clock=ClockState(T0, 4, bytes(range(16)), 6000),
        salt=bytes([7]) * 16,
        body=plans.body(plans.PLAN),
    )
    vectors.accept("plan.seg", "plan", one.encode(), "a village's heat plan", **says(one),
                   plan=plans.said(plans.PLAN))  # fmt: skip
    for name, body, why, plan in plans.to_read():
        vectors.accept(name, "plan-body", body, why, plan=plans.said(plan))
    for name, body, why in plans.to_refuse():
        vectors.refuse(name, "plan-body", body, "format", why)


def add_releases(vectors: Vectors, chain: list[Segment]) -> None:
    one = seal(
        vectors.signer,
        epoch=EPOCH,
        seq=len(chain) + 1,
        previous=chain[-1].hash,
        stream=StreamClass.EVENT,
        schema="open-data/1",
        count=1,
        first_ms=T0,
        last_ms=T0,
        clock=ClockState(T0, 4, bytes(range(16)), 6000),
        salt=bytes([8]) * 16,
        body=releases.body(releases.PART),
    )
    vectors.accept("release.seg", "release", one.encode(), "a village's open data", **says(one),
                   release=releases.said(releases.PART))  # fmt: skip
    for name, body, why, told in releases.to_read():
        vectors.accept(name, "release-body", body, why, release=releases.said(told))
    for name, body, why in releases.to_refuse():
        vectors.refuse(name, "release-body", body, "format", why)


def add_bodies(vectors: Vectors) -> None:
    def body(raw: bytes) -> bytes:
        return b"\x01" + packing.pack(raw)

    def both(name: str, data: bytes, kind: str, why: str) -> None:
        for what in ("columns", "events"):
            vectors.refuse(f"{name}.{what}", f"{what}-body", data, kind, why)

    both("empty", b"", "version", "no version byte")
    both("version-2", b"\x02" + columns.encode(METERS)[1:], "version", "another body version")
    both("junk", b"\x01" + bytes(range(200, 256)), "format", "no LZMA2")
    both("no-end", columns.encode(METERS)[:-1], "format", "the end mark is missing")
    both("after-end", columns.encode(METERS) + b"\0", "format", "bytes after the end mark")
    both("bomb", bomb(), "format", "unpacks to more than 4 MiB")
    both("nothing", body(b""), "format", "unpacks to nothing")
    refuse = vectors.refuse
    one = packing.unpack(columns.encode([Source("d", [5], [4], {"q": [7.0]})])[1:])
    for event in TOLD:
        told = [event.at_ms, event.quality, event.kind, dict(event.data)]
        body_ = events.encode([event])
        vectors.accept(f"{event.kind}.told", "told-body", body_, event.kind, events=[told])
    weather = Source(
        "K2204", [T0, T0 + 3_600_000], [0, 0],
        {"made_at": [float(T0)] * 2, "temperature_degc": [3.5, None]},
    )  # fmt: skip
    placed = Source("mbus:KAM-70000001-27-04", [1000], [4], {"placed_ms": [float(T0)]})
    for name, source in (("weather", weather), ("placed", placed)):
        vectors.accept(f"{name}.columns", "columns-body", columns.encode([source]), name,
                       sources=sources_of([source]))  # fmt: skip
    vectors.accept("one.columns", "columns-body", body(one), "one number", sources=[
        {"device": "d", "times": [5], "qualities": [4], "columns": {"q": [7.0]}}])  # fmt: skip
    refuse("tail.columns", "columns-body", body(one + b"\0"), "format", "goes on after its end")
    refuse("sources.columns", "columns-body", body(b"\xff\xff" + one[2:]), "format",
           "says 65535 sources")  # fmt: skip
    giant = one.replace(struct.pack("<IB", 1, 1), struct.pack("<IB", 0xFFFFFFFF, 8), 1)
    refuse("giant.columns", "columns-body", body(giant), "format", "says 4294967295 numbers")
    twice = packing.unpack(columns.encode([Source("d", [], [], {}), Source("e", [], [], {})])[1:])
    refuse("twice.columns", "columns-body", body(twice.replace(b"\x01e", b"\x01d")), "format",
           "a device twice")  # fmt: skip
    for name, value, why in (
        ("float", [[0, 4, "a", {"x": 1.5}]], "a float"),
        ("no-list", {"a": 1}, "no list"),
        ("short", [[0, 4, "a"]], "an event of 3 items"),
        ("kind", [[0, 4, "A b", {}]], "a kind that is no name"),
        ("quality", [[0, 256, "a", {}]], "a quality of 256"),
        ("data", [[0, 4, "a", []]], "data that is no map"),
        ("many", [[0, 0, "a", {}]] * (events.MAX_EVENTS + 1), "too many events"),
    ):
        refuse(f"{name}.events", "events-body", body(cbor.dumps(value)), "format", why)


def bomb() -> bytes:
    import lzma  # noqa: PLC0415 - only to break the bound that `packing` keeps

    filters = [{"id": lzma.FILTER_LZMA2, "lc": 0, "lp": 0, "pb": 0, "dict_size": 1 << 20}]
    return b"\x01" + lzma.compress(bytes(64 << 20), lzma.FORMAT_RAW, filters=filters)


def add_bundles(vectors: Vectors, chain: list[Segment]) -> None:
    data = bundle.pack(chain)
    manifest = bundle.manifest_of(chain)
    raw = manifest.encode()
    start = len(manifest.prelude)
    hashes = [segment.hash for segment in chain]

    def prelude(changes: dict[str, Any]) -> bytes:
        fields: Any = cbor.loads(raw, limit=bundle.MAX_MANIFEST)
        changed = cbor.dumps(fields | changes)
        head = bundle.MAGIC + struct.pack(">HI", 1, len(changed))
        return head + changed + hashlib.sha256(changed).digest()

    vectors.accept("chain.dhb", "bundle", data, "five segments, one erased, one unknown",
                   manifest=cbor.loads(raw, limit=bundle.MAX_MANIFEST), hashes=hashes)  # fmt: skip
    later = {"minor": 1, "carried": ["bus 3"]}
    vectors.accept("minor.dhb", "bundle", prelude(later) + data[start:], "a later minor version",
                   manifest=cbor.loads(raw, limit=bundle.MAX_MANIFEST) | later,  # type: ignore[operator]
                   hashes=hashes)  # fmt: skip
    refuse = vectors.refuse

    def bad(name: str, data: bytes, why: str, kind: str = "format") -> None:
        refuse(f"{name}.dhb", "bundle", data, kind, why)

    bad("text", data.replace(b"\r\n", b"\n"), "went through a text transfer")
    bad("version-2", data[:8] + b"\0\2" + data[10:], "another major version", "version")
    bad("manifest-v-2", prelude({"v": 2}) + data[start:], "another manifest version", "version")
    bad("manifest-giant", data[:10] + b"\xff" * 4 + data[14:], "a manifest of 4 GiB")
    bad("manifest-unknown", prelude({"name": "../../etc"}) + data[start:], "an unknown field")
    bad("count", prelude({"count": 4}) + data[start:], "counts that do not agree")
    bad("last", prelude({"last": 1 << 53}) + data[start:], "numbers up to 2^53")
    bad("cut", data[:-1], "cut at the end")
    bad("tail", data + b"\0", "goes on after its end")
    flipped = bytearray(data)
    flipped[start + 40] ^= 0x80
    bad("flip", bytes(flipped), "a bit of the first segment")
    bad("length", data[:start] + b"\xff\xff\xff\xff" + data[start + 4 :], "a segment of 4 GiB")
    one, two = (struct.pack(">I", len(s.encode())) + s.encode() for s in chain[:2])
    rest = data[start + len(one) + len(two) :]
    bad("swapped", data[:start] + two + one + rest, "two segments in another order")
    entries = [[len(s.encode()), hashlib.sha256(s.encode()).digest()] for s in chain]
    doubled = prelude({"segments": [entries[0], entries[0], *entries[2:]]})
    bad("doubled", doubled + one + one + rest, "the first segment twice", "chain")
    for name, order, why in (
        ("gap", [chain[0], chain[2]], "a segment is missing"),
        ("order", [chain[1], chain[0]], "in another order"),
        ("replay", [chain[0], chain[0]], "the same segment again"),
    ):
        packed = b"".join(struct.pack(">I", len(s.encode())) + s.encode() for s in order)
        refuse(f"{name}.chain", "chain", packed, "chain", why)


CBOR_READ = {
    "00": 0, "17": 23, "1818": 24, "19ffff": 65535, "1b0020000000000000": 2**53,
    "3b001fffffffffffff": -(2**53), "20": -1, "40": b"", "42ff00": b"\xff\x00", "60": "",
    "62c3a4": "ä", "80": [], "8301f4f6": [1, False, None], "a0": {}, "f5": True,
    "a2616201626161f5": {"b": 1, "aa": True},
}  # fmt: skip
CBOR_REFUSED = {
    "": "nothing", "0000": "two items", "1805": "5, longer than it must be",
    "5b0000000000000001aa": "a length, longer than it must be", "9f01ff": "an indefinite list",
    "bf616101ff": "an indefinite map", "5f4101ff": "indefinite bytes",
    "7f6161ff": "indefinite text",
    "a2616201616102": "keys out of order", "a2626161016162f5": "a longer key first",
    "a2616101616102": "a key twice", "a10102": "a key that is no text", "f90000": "0.0",
    "f93e00": "1.5", "fa47c35000": "100000.0", "fb3ff199999999999a": "1.1",
    "f97e00": "not a number",
    "f97c00": "infinity", "f7": "undefined", "e5": "a simple value", "c11a514b67b0": "a tag",
    "c24105": "a bignum", "1b0020000000000001": "2^53 + 1", "3b0020000000000000": "-2^53 - 1",
    "62ff61": "no UTF-8", "81" * 17 + "00": "17 deep", "9bffffffffffffffff": "a giant list",
    "bb7fffffffffffffff": "a giant map", "5bffffffffffffffff": "giant bytes", "ff": "a lone break",
    "1c": "a reserved head", "61": "cut",
}  # fmt: skip


def make(folder: Path) -> dict[str, bytes]:
    """Return all files by name, ``vectors.json`` among them."""
    signer = key("hub")
    sealed = sealed_body(folder, SEALED, columns.encode(CARE))
    observation = sealed_body(folder, OBSERVED, observed.body())
    vectors = Vectors(signer)
    chain = make_chain(signer, sealed)
    add_segments(vectors, chain)
    add_observations(vectors, chain, observation)
    add_plans(vectors, chain)
    add_releases(vectors, chain)
    add_bodies(vectors)
    add_bundles(vectors, chain)
    for file, what, data, why, said in messages.to_read(key):
        vectors.accept(file, what, data, why, **said)
    for file, what, data, kind, why in messages.to_refuse(key):
        vectors.refuse(file, what, data, kind, why)
    index = {
        "hub": signer.public_key.hex(),
        "nonce": messages.NONCE.hex(),
        "age_secret": AGE_SECRET,
        "commitment": {
            "salt": (bytes([1]) * 16).hex(),
            "body": "00",
            "is": commitment(bytes([1]) * 16, b"\0").hex(),
        },
        "read": vectors.read,
        "refused": vectors.refused,
        "cbor": {
            "read": [{"hex": digits, "says": plain(value)} for digits, value in CBOR_READ.items()],
            "refused": [{"hex": digits, "why": why} for digits, why in CBOR_REFUSED.items()],
        },
    }
    text = json.dumps(index, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    bodies = {SEALED: sealed, OBSERVED: observation}
    return {**vectors.files, **bodies, "vectors.json": text.encode()}


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else HERE
    for file_name, content in make(target).items():
        (target / file_name).write_bytes(content)
