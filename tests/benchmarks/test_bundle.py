"""What an hour, a day and a month of meters cost on the line, beside JSON lines and Parquet.

Ratios are measured in the same run, on the same readings; the readings come from a fixed seed.
"""

from __future__ import annotations

import io
import json
import lzma
import math
import random
import time
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pytest
from pyarrow import parquet
from pytest_benchmark.fixture import BenchmarkFixture

from sync.columns import Source, decode, encode
from sync.identity import Identity
from sync.segment import NO_PREVIOUS, ClockState, Segment, StreamClass, seal, verify

T0 = 1_735_689_600_000
Readings = Callable[..., list[Source]]


def in_milliseconds(sources: list[Source]) -> list[Source]:
    """Return the readings as polls stamp them; recordings and devices' clocks say whole seconds."""
    rng = random.Random(1)
    return [
        replace(source, times_ms=[at + rng.randrange(1000) for at in source.times_ms])
        for source in sources
    ]


def in_pieces(sources: list[Source]) -> list[list[Source]]:
    """Return the readings by so many meters as one body takes: a month is too long for all."""
    size = 16 * max(1, (3 << 20) // (9 * 16 * max(len(s.times_ms) for s in sources)))
    return [sources[n : n + size] for n in range(0, len(sources), size)]


def zstd19(data: bytes) -> int:
    return len(pa.Codec("zstd", compression_level=19).compress(data, asbytes=True))


def wide_parquet(sources: list[Source]) -> int:
    """Return the bytes of the best wide Parquet known to us: scaled integers, delta, zstd-9."""
    scales = {
        "energy_kwh": 10,
        "volume_m3": 100,
        "flow_temperature_degc": 10,
        "return_temperature_degc": 10,
    }
    table = pa.table(
        {
            "device": pa.array([s.device for s in sources for _ in s.times_ms]).dictionary_encode(),
            "at": pa.array([at // 1000 for s in sources for at in s.times_ms], pa.int64()),
            "quality": pa.array([q for s in sources for q in s.qualities], pa.int32()),
        }
        | {
            name: pa.array(
                [round((v or 0) * scale) for s in sources for v in s.columns[name]], pa.int32()
            )
            for name, scale in scales.items()
        }
    )
    numbers = [name for name in table.column_names if name != "device"]
    file = io.BytesIO()
    parquet.write_table(
        table,
        file,
        compression="zstd",
        compression_level=9,
        use_dictionary=["device"],
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
    )
    return len(file.getvalue())


def values(sources: list[Source]) -> int:
    return sum(len(column) for source in sources for column in source.columns.values())


def json_lines(sources: list[Source]) -> bytes:
    return "\n".join(
        json.dumps({"device": s.device, "at": at, "quality": quality, "quantity": q, "value": v})
        for s in sources
        for q, column in s.columns.items()
        for at, quality, v in zip(s.times_ms, s.qualities, column, strict=True)
    ).encode()


def wide_lines(sources: list[Source]) -> bytes:
    return "\n".join(
        json.dumps(
            {"device": s.device, "at": at, "quality": s.qualities[n]}
            | {q: column[n] for q, column in s.columns.items()}
        )
        for s in sources
        for n, at in enumerate(s.times_ms)
    ).encode()


def best(work: Callable[[], object], repeat: int = 3) -> float:
    """Return the least seconds of processor time that ``work`` took."""
    found = math.inf
    for _ in range(repeat):
        start = time.process_time()
        work()
        found = min(found, time.process_time() - start)
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("span", "most"), [("hour", 1.2), ("day", 0.62), ("month", 0.56)], ids=str)
def test_bytes_a_value_beside_json_and_parquet(
    benchmark: BenchmarkFixture, readings: Readings, span: str, most: float
) -> None:
    sources = readings(span)
    count = values(sources)
    pieces = in_pieces(sources)
    bodies = benchmark.pedantic(lambda: [encode(one) for one in pieces], rounds=1, iterations=1)
    size = sum(map(len, bodies))
    assert [s for body in bodies for s in decode(body)] == frozen(sources)
    lines_of = sources if span != "month" else sources[:4]  # zstd-19 of 220 MB takes minutes
    lines = zstd19(json_lines(lines_of)) / values(lines_of)
    wide_lines_zstd = zstd19(wide_lines(lines_of)) / values(lines_of)
    parquet_size = wide_parquet(sources)
    benchmark.extra_info.update(
        values=count,
        bytes_a_value=round(size / count, 3),
        json_zstd19_ratio=round(lines * count / size, 2),
        wide_json_zstd19_ratio=round(wide_lines_zstd * count / size, 2),
        wide_parquet_ratio=round(parquet_size / size, 2),
    )
    assert size <= most * count
    if span == "day":
        assert lines * count >= 5.5 * size
        assert parquet_size >= 1.7 * size


def test_a_day_in_milliseconds(benchmark: BenchmarkFixture, readings: Readings) -> None:
    sources = in_milliseconds(readings("day"))
    body = benchmark.pedantic(encode, args=(sources,), rounds=1, iterations=1)
    benchmark.extra_info["bytes_a_value"] = round(len(body) / values(sources), 3)
    assert len(body) <= values(sources)


@pytest.mark.parametrize("rounds", [1, 5, 96], ids=["each-round", "64-KiB", "a-day"])
def test_a_day_with_its_envelopes(
    benchmark: BenchmarkFixture, readings: Readings, rounds: int
) -> None:
    """What all of it costs a value, by how many poll rounds a hub seals at once."""
    sources = readings("day")
    signer = Identity.generate()
    begin = min(at for s in sources for at in s.times_ms)

    def travel() -> int:
        total = 0
        for first in range(0, 96, rounds):
            low = begin + first * 900_000 - 450_000
            part = [s for s in (cut(s, low, low + rounds * 900_000) for s in sources) if s.times_ms]
            total += len(sealed(signer, encode(part)).encode())
        return total

    size = benchmark.pedantic(travel, rounds=1, iterations=1)
    benchmark.extra_info["bytes_a_value"] = round(size / values(sources), 3)
    assert size <= 4 * values(sources)


def cut(source: Source, low: int, high: int) -> Source:
    inside = [i for i, at in enumerate(source.times_ms) if low <= at < high]
    return Source(
        source.device,
        [source.times_ms[i] for i in inside],
        [source.qualities[i] for i in inside],
        {name: [column[i] for i in inside] for name, column in source.columns.items()},
    )


def frozen(sources: list[Source]) -> list[Source]:
    return [
        Source(
            s.device,
            tuple(s.times_ms),
            tuple(s.qualities),
            {name: tuple(column) for name, column in s.columns.items()},
        )
        for s in sources
    ]


def test_encoding_against_json_and_lzma(benchmark: BenchmarkFixture, readings: Readings) -> None:
    sources = readings("day")
    count = values(sources)
    benchmark.pedantic(encode, args=(sources,), rounds=3, iterations=1)
    ours = best(lambda: encode(sources))
    floor = best(lambda: lzma.compress(json_lines(sources), preset=6), repeat=1)
    benchmark.extra_info.update(
        kvalues_a_second=round(count / ours / 1000), json_lzma_time_ratio=round(floor / ours, 1)
    )
    assert floor > 2 * ours


def test_decoding_against_json_and_lzma(benchmark: BenchmarkFixture, readings: Readings) -> None:
    sources = readings("day")
    count = values(sources)
    body, lines = encode(sources), lzma.compress(json_lines(sources), preset=6)
    benchmark.pedantic(decode, args=(body,), rounds=3, iterations=1)
    ours = best(lambda: decode(body))
    floor = best(
        lambda: [json.loads(line) for line in lzma.decompress(lines).splitlines()], repeat=1
    )
    benchmark.extra_info.update(
        kvalues_a_second=round(count / ours / 1000), json_lzma_time_ratio=round(floor / ours, 1)
    )
    assert floor > 2 * ours


def sealed(signer: Identity, body: bytes) -> Segment:
    return seal(
        signer,
        epoch=bytes(8),
        seq=1 << 40,
        previous=NO_PREVIOUS,
        stream=StreamClass.VILLAGE,
        schema="meter/1",
        count=1024,
        first_ms=T0,
        last_ms=T0 + 86_400_000,
        clock=ClockState(T0, 4, bytes(16), 1 << 40),
        salt=bytes(16),
        body=body,
    )


def test_what_a_segment_costs_beside_its_body(benchmark: BenchmarkFixture) -> None:
    signer = Identity.generate()

    def make() -> None:
        segment = sealed(signer, b"")
        verify(segment, signer.public_key)
        benchmark.extra_info["envelope_bytes"] = len(segment.encode())
        assert len(segment.encode()) <= 350

    benchmark(make)
