"""What a day of meters costs on the line, against the floor that is in the standard library.

Ratios are measured in the same run, on the same readings; the readings come from a fixed seed.
"""

from __future__ import annotations

import json
import lzma
import math
import random
import time
import zlib
from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sync.columns import Source, decode, encode
from sync.identity import Identity
from sync.segment import NO_PREVIOUS, ClockState, StreamClass, seal, verify

T0 = 1_735_689_600_000
METERS = 200


def day(rounds: int, *, milliseconds: bool = False) -> list[Source]:
    """Make readings: meters polled each quarter of an hour, jitter, gaps, monotone counters.

    Times are whole seconds (recordings, devices' clocks) or ``milliseconds`` (polls).
    """
    rng = random.Random(20240601)
    found = []
    for meter in range(METERS):
        times, energy, volume, flow, back = [], [], [], [], []
        e, v = rng.uniform(5e3, 2e5), rng.uniform(500, 2e4)
        offset, demand = rng.randrange(60) * 1000, rng.uniform(0.12, 0.45)
        resolution = 1.0 if meter % 3 else 0.1
        drift = rng.uniform(36, 40)
        for n in range(rounds):
            outdoor = 2 + 4 * math.sin(2 * math.pi * (n / 96 - 0.35))
            draw = 0.5 if rng.random() < 0.25 else 0.0
            power = max(0.0, demand * (20 - outdoor) + rng.gammavariate(1.2, draw or 1e-9))
            supply = 68 - 0.8 * outdoor + rng.gauss(0, 0.8)
            drift += rng.gauss(0, 0.0125)
            back_now = drift + rng.gauss(0, 0.6) + 3 * math.sin(2 * math.pi * n / 96)
            e += power / 4
            v += power / (1.163 * max(5.0, supply - back_now)) / 4
            if rng.random() < 0.015:
                continue
            jitter = round(rng.gauss(0, 0.8)) * 1000
            times.append(T0 + n * 900_000 + offset + jitter)
            if milliseconds:
                times[-1] += rng.randrange(1000)
            energy.append(math.floor(e / resolution) * round(resolution * 10) / 10)
            volume.append(math.floor(v * 100) / 100)
            flow.append(round(supply, 1))
            back.append(round(back_now, 1))
        found.append(
            Source(
                f"mbus:KAM-{70000000 + 37 * meter}-27-04",
                times,
                [4] * len(times),
                {
                    "energy_kwh": energy,
                    "volume_m3": volume,
                    "flow_temperature_degc": flow,
                    "return_temperature_degc": back,
                },
            )
        )
    return found


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


@pytest.mark.parametrize(
    ("rounds", "milliseconds", "most"),
    [(4, False, 1.3), (96, False, 0.62), (96, True, 1.0)],
    ids=["hour", "day", "day-in-milliseconds"],
)
def test_bytes_a_value(
    benchmark: BenchmarkFixture, rounds: int, *, milliseconds: bool, most: float
) -> None:
    sources = day(rounds, milliseconds=milliseconds)
    count = values(sources)
    body = benchmark.pedantic(encode, args=(sources,), rounds=3, iterations=1)
    lines = json_lines(sources)
    deflated = len(zlib.compress(lines, 9))
    packed = len(lzma.compress(lines, preset=6))
    wide = len(lzma.compress(wide_lines(sources), preset=6))
    benchmark.extra_info.update(
        values=count,
        bytes_a_value=round(len(body) / count, 3),
        json_zlib_ratio=round(deflated / len(body), 2),
        json_lzma_ratio=round(packed / len(body), 2),
        wide_json_lzma_ratio=round(wide / len(body), 2),
    )
    assert decode(body)[0].columns["energy_kwh"] == tuple(sources[0].columns["energy_kwh"])
    assert len(body) <= most * count
    assert deflated > 4 * len(body)
    assert packed > 2 * len(body)


def test_encoding_against_json_and_lzma(benchmark: BenchmarkFixture) -> None:
    sources = day(96)
    count = values(sources)
    benchmark.pedantic(encode, args=(sources,), rounds=3, iterations=1)
    ours = best(lambda: encode(sources))
    floor = best(lambda: lzma.compress(json_lines(sources), preset=6), repeat=1)
    benchmark.extra_info.update(
        kvalues_a_second=round(count / ours / 1000), json_lzma_time_ratio=round(floor / ours, 1)
    )
    assert floor > 2 * ours


def test_decoding_against_json_and_lzma(benchmark: BenchmarkFixture) -> None:
    sources = day(96)
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


def test_what_a_segment_costs_beside_its_body(benchmark: BenchmarkFixture) -> None:
    signer = Identity.generate()

    def make() -> None:
        segment = seal(
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
            body=b"",
        )
        verify(segment, signer.public_key)
        benchmark.extra_info["envelope_bytes"] = len(segment.encode())
        assert len(segment.encode()) <= 350

    benchmark(make)
