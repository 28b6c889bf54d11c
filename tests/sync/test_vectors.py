"""Page, test vectors, the second reader and the program say the same of every byte."""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sync import (
    again,
    anchoring,
    bundle,
    cbor,
    columns,
    county_words,
    custody,
    erasing,
    events,
    got,
    heat_plan,
    observations,
    open_data,
    rotation,
    server_county,
    stream,
    timekeeper,
    wire,
)
from sync.certificate import words
from sync.columns import Source
from sync.errors import ChainError, FormatError, ReplayError, SignatureError, VersionError
from sync.segment import NO_PREVIOUS, Segment, commitment, verify, verify_link
from tests.vectors import messages, observed, plans, releases

FOLDER = Path(__file__).parents[1] / "vectors"
PAGE = Path(__file__).parents[2] / "docs" / "bundle-format.md"
INDEX = json.loads((FOLDER / "vectors.json").read_text("utf-8"))
HUB = bytes.fromhex(INDEX["hub"])
NONCE = bytes.fromhex(INDEX["nonce"])
SECRET = INDEX["age_secret"]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"vectors_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


make, other = load("make"), load("reader")


def split(data: bytes) -> Iterator[bytes]:
    while data:
        (size,) = struct.unpack(">I", data[:4])
        yield data[4 : 4 + size]
        data = data[4 + size :]


# What each of the two readers says of a file, in the same plain shape.


def ours_columns(body: bytes) -> list[dict[str, Any]]:
    return make.sources_of(columns.decode(body))  # type: ignore[no-any-return]


def ours_observations(body: bytes) -> list[Any]:
    return observed.said(observations.from_sources(columns.decode(body)))


def ours_events(body: bytes) -> list[Any]:
    return [[e.at_ms, e.quality, e.kind, dict(e.data)] for e in events.decode(body)]


def ours_told(body: bytes) -> list[Any]:
    for event in events.decode(body):
        if event.kind in county_words.KINDS:
            county_words.check(event.kind, event.data)
        elif event.kind == words.ASK:
            assert words._request(event) is not None
        elif event.kind == erasing.ORDER:
            assert erasing._order(event) is not None
        elif event.kind == anchoring.HEAD:
            assert anchoring._anchor(event) is not None
        else:
            assert event.kind == timekeeper.OFFSET
    return ours_events(body)


def ours_segment(data: bytes) -> tuple[dict[str, Any], bytes]:
    segment = Segment.decode(data)
    verify(segment, HUB)
    return make.says(segment), segment.body


def ours_bundle(data: bytes) -> dict[str, Any]:
    reader = bundle.Reader(io.BytesIO(data))
    hashes = []
    for segment in reader:
        verify(segment, HUB)
        hashes.append(segment.hash)
    size = struct.unpack(">I", data[10:14])[0]
    return {"manifest": cbor.loads(data[14 : 14 + size], limit=1 << 18), "hashes": hashes}


def ours_plan(data: bytes) -> dict[str, Any]:
    said, body = ours_segment(data)
    assert heat_plan.plan_in(Segment.decode(data)) == heat_plan.decode(body)
    return said | {"plan": plans.said(heat_plan.decode(body))}


def ours_release(data: bytes) -> dict[str, Any]:
    said, body = ours_segment(data)
    assert open_data.told_in(Segment.decode(data)) == open_data.decode(body)
    return said | {"release": releases.said(open_data.decode(body))}


def ours_chain(parts: Iterator[bytes], keys: tuple[rotation.Rotation, ...] = ()) -> dict[str, Any]:
    previous = NO_PREVIOUS
    for seq, raw in enumerate(parts, start=1):
        segment = Segment.decode(raw)
        verify(segment, HUB, rotation.key_at(HUB, keys, segment.header.epoch, segment.header.seq))
        verify_link(segment, epoch=segment.header.epoch, seq=seq, previous=previous)
        previous = segment.hash
    return {}


def ours_stream(data: bytes) -> dict[str, Any]:
    parts = split(data)
    return ours_chain(parts, rotation.decode(next(parts), HUB))


def ours_enrolment(data: bytes) -> dict[str, Any]:
    found = wire.decode_enrolment(data)
    keys = {"keys": messages.said_keys(found.chain)} if found.chain else {}
    return {"message": messages.said(found), **keys}


OURS: dict[str, Callable[[bytes], Any]] = {
    "segment": lambda data: ours_segment(data)[0],
    "columns": lambda data: ours_segment(data)[0] | {"sources": ours_columns(body_of(data))},
    "sealed": lambda data: (
        ours_segment(data)[0]
        | {"sources": ours_columns(stream.open_sealed(body_of(data), [SECRET]))}
    ),
    "observations": lambda data: (
        ours_segment(data)[0]
        | {"observations": ours_observations(stream.open_sealed(body_of(data), [SECRET]))}
    ),
    "observations-body": lambda data: {"observations": ours_observations(data)},
    "events": lambda data: ours_segment(data)[0] | {"events": ours_events(body_of(data))},
    "columns-body": lambda data: {"sources": ours_columns(data)},
    "events-body": lambda data: {"events": ours_events(data)},
    "told-body": lambda data: {"events": ours_told(data)},
    "plan": ours_plan,
    "release": ours_release,
    "release-body": lambda data: {"release": releases.said(open_data.decode(data))},
    "plan-body": lambda data: {"plan": plans.said(heat_plan.decode(data))},
    "receipt": lambda data: {"message": messages.said(custody.decode(data))},
    "got": lambda data: {"message": messages.said(got.decode(data, hub=HUB))},
    "again": lambda data: {"message": messages.said(again.decode(data))},
    "answer": lambda data: {"message": messages.said(again.decode_answer(data, hub=HUB))},
    "bundle": ours_bundle,
    "chain": lambda data: ours_chain(split(data)),
    "stream": ours_stream,
    "keys": lambda data: {"keys": messages.said_keys(rotation.decode(data, HUB))},
    "head": lambda data: {"message": messages.said(wire.decode_head(data, nonce=NONCE))},
    "ack": lambda data: {"message": messages.said(wire.decode_ack(data))},
    "notice": lambda data: {"message": messages.said(wire.decode_notice(data))},
    "enrol": ours_enrolment,
}


def body_of(data: bytes) -> bytes:
    return ours_segment(data)[1]


def theirs_segment(data: bytes, **read: Callable[[bytes], Any]) -> dict[str, Any]:
    segment = other.read_segment(data, HUB)
    said = {"header": segment["header"], "hash": segment["hash"]}
    return said | {name: reader(segment["body"]) for name, reader in read.items()}


def theirs_bundle(data: bytes) -> dict[str, Any]:
    manifest, segments = other.read_bundle(data)
    hashes = [other.read_segment(segment, HUB)["hash"] for segment in segments]
    return {"manifest": manifest, "hashes": hashes}


def theirs_chain(segments: list[bytes], keys: bytes | None = None) -> dict[str, Any]:
    other.read_chain(segments, HUB, other.read_keys(keys, HUB) if keys else None)
    return {}


THEIRS: dict[str, Callable[[bytes], Any]] = {
    "segment": theirs_segment,
    "columns": lambda data: theirs_segment(data, sources=other.read_columns),
    "sealed": lambda data: theirs_segment(
        data, sources=lambda body: other.read_columns(other.open_sealed(body, SECRET))
    ),
    "observations": lambda data: theirs_segment(
        data, observations=lambda body: other.read_observations(other.open_sealed(body, SECRET))
    ),
    "observations-body": lambda data: {"observations": other.read_observations(data)},
    "events": lambda data: theirs_segment(data, events=other.read_events),
    "columns-body": lambda data: {"sources": other.read_columns(data)},
    "events-body": lambda data: {"events": other.read_events(data)},
    "told-body": lambda data: {"events": other.read_told(data)},
    "plan": lambda data: theirs_segment(data, plan=other.read_plan),
    "release": lambda data: theirs_segment(data, release=other.read_release),
    "release-body": lambda data: {"release": other.read_release(data)},
    "plan-body": lambda data: {"plan": other.read_plan(data)},
    "receipt": lambda data: other.read_message("receipt", data, NONCE),
    "got": lambda data: other.read_message("got", data, NONCE),
    "again": lambda data: other.read_message("again", data, NONCE),
    "answer": lambda data: other.read_message("answer", data, NONCE),
    "bundle": theirs_bundle,
    "chain": lambda data: theirs_chain(list(split(data))),
    "stream": lambda data: theirs_chain(list(split(data))[1:], next(split(data))),
    "keys": lambda data: {"keys": other.read_keys(data, HUB)},
    "head": lambda data: other.read_message("head", data, NONCE),
    "ack": lambda data: other.read_message("ack", data, NONCE),
    "notice": lambda data: other.read_message("notice", data, NONCE),
    "enrol": lambda data: other.read_message("enrol", data, NONCE),
}


@pytest.mark.parametrize("vector", INDEX["read"], ids=lambda vector: vector["file"])
def test_both_readers_read(vector: dict[str, Any]) -> None:
    data = (FOLDER / vector["file"]).read_bytes()
    assert make.plain(OURS[vector["what"]](data)) == vector["says"]
    assert make.plain(THEIRS[vector["what"]](data)) == vector["says"]


KINDS = {
    "version": VersionError,
    "signature": SignatureError,
    "replay": ReplayError,
    "chain": ChainError,
}


@pytest.mark.parametrize("vector", INDEX["refused"], ids=lambda vector: vector["file"])
def test_both_readers_refuse(vector: dict[str, Any]) -> None:
    data = (FOLDER / vector["file"]).read_bytes()
    with pytest.raises(FormatError) as caught:
        OURS[vector["what"]](data)
    assert type(caught.value) is KINDS.get(vector["kind"], FormatError), caught.value
    with pytest.raises(other.Refused) as refused:
        THEIRS[vector["what"]](data)
    assert refused.value.kind == vector["kind"]


@pytest.mark.parametrize("vector", INDEX["cbor"]["read"], ids=lambda vector: vector["hex"])
def test_both_read_cbor(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    assert make.plain(cbor.loads(data, limit=100)) == vector["says"]
    assert make.plain(other.read_cbor(data, 100)) == vector["says"]


@pytest.mark.parametrize("vector", INDEX["cbor"]["refused"], ids=lambda vector: vector["why"])
def test_both_refuse_cbor(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    with pytest.raises(FormatError):
        cbor.loads(data, limit=100)
    with pytest.raises(other.Refused):
        other.read_cbor(data, 100)


def test_a_body_that_is_sealed_to_another_does_not_open() -> None:
    import pyrage  # noqa: PLC0415 - for this key only

    stranger = str(pyrage.x25519.Identity.generate())
    sealed = (FOLDER / "care-body.age").read_bytes()
    with pytest.raises(FormatError):
        stream.open_sealed(sealed, [stranger])
    with pytest.raises(other.Refused):
        other.open_sealed(sealed, stranger)


def test_the_generator_makes_these_files_and_no_others() -> None:
    made = make.make(FOLDER)
    kept = {file.name for file in FOLDER.iterdir() if file.suffix not in (".py", "")}
    assert kept == set(made)
    for name, data in made.items():
        assert (FOLDER / name).read_bytes() == data, name


def test_the_second_reader_shares_nothing_with_the_program() -> None:
    tree = ast.parse((FOLDER / "reader.py").read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    assert found - set(sys.stdlib_module_names) == {"cbor2", "cryptography", "pyrage"}


def test_the_page_has_every_field_and_bound() -> None:
    """A field or bound that the program has and the page has not is a lie by omission."""
    page = PAGE.read_text("utf-8")
    chain = (FOLDER / "village.seg").read_bytes()
    header: Any = make.says(Segment.decode(chain))["header"]
    manifest: Any = ours_bundle((FOLDER / "chain.dhb").read_bytes())["manifest"]
    said = [name for vector in INDEX["read"] for name in vector["says"].get("message", ())]
    changes = messages.said_keys(rotation.decode((FOLDER / "hub.keys").read_bytes()))[0]
    for name in (
        *header,
        *manifest,
        *said,
        *changes,
        "minor",
        *stream.METER_COLUMNS,
        *stream.CARE_COLUMNS,
        *county_words.WEATHER_COLUMNS,
        *county_words.NORMAL_COLUMNS,
        timekeeper.PLACED_COLUMN,
        *(name for kind in county_words.KINDS.values() for name in kind.fields),
        *county_words.KINDS,
        erasing.ORDER,
        timekeeper.OFFSET,
        anchoring.HEAD,
        anchoring.SCHEMA,
        heat_plan.SCHEMA,
        *(heat_plan.PLAN, heat_plan.BLOCK, heat_plan.CARRIER, heat_plan.SECTION),
        heat_plan.GENERATOR,
        *(open_data.SCHEMA, open_data.RELEASE, open_data.WITHDRAWN),
        *(name for name in releases.PART.__dataclass_fields__ if name != "told_ms"),
        *observations.FIXED,
        observations.SCHEMA,
    ):
        assert f"`{name}`" in page, name
    for bound in (
        f"more than {cbor.MAX_DEPTH} deep",
        f"at most {events.MAX_EVENTS} events",
        f"at most {bundle.MAX_SEGMENTS}",
        f"1 to {rotation.MAX_ROTATIONS} records",
        f"at most {wire.MAX_RECIPIENTS} texts",
        f"at most {wire.MAX_MESSAGE >> 10} KiB",
        f"at most {wire.MAX_NAME} and",
        f"than {stream.MAX_ROWS} rows",
        f"at most {custody.MAX_RECEIPT} bytes",
        f"at most {custody.MAX_BATCH} receipts",
        f"at most {got.MAX_STREAMS} streams",
        f"at most {erasing.MAX_BODIES} bodies",
        f"most {heat_plan.MAX_AREAS} cells",
        f"{open_data.PIECE} bytes each",
        f"at most {open_data.MAX_SIZE >> 20} MiB",
        f"at most {open_data.MAX_CERTIFICATE} bytes",
        f"at most {erasing.MAX_DEVICES} devices",
        f"at most {server_county.MAX_POSTED >> 10} KiB at once",
        bundle.MAGIC.hex(" ").upper(),
    ):
        assert bound in page, bound


def test_the_commitment_is_salted() -> None:
    said = INDEX["commitment"]
    salt, body = bytes.fromhex(said["salt"]), bytes.fromhex(said["body"])
    assert commitment(salt, body).hex() == said["is"]


@pytest.mark.parametrize("rounds", [1, 7])
def test_the_second_reader_reads_what_the_program_writes(rounds: int) -> None:
    sources = [
        Source(
            f"d{n}",
            [n * 137 + i * (900_000 + n) for i in range(rounds)],
            [4] * rounds,
            {"a": [n + i / 10 for i in range(rounds)], "b": [0.1 + 0.2, *[None] * (rounds - 1)]},
        )
        for n in range(5)
    ]
    body = columns.encode(sources)
    assert other.read_columns(body) == make.sources_of(columns.decode(body))
