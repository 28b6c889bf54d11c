"""Telegrams a second, beside pyMeterBus on the same telegrams in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

import meterbus
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from hardware.mbus.dif import Coding
from hardware.mbus.encode import encode_payload, encode_record, encode_telegram
from hardware.mbus.frame import Receiver
from hardware.mbus.header import Header
from hardware.mbus.telegram import decode
from hardware.reading import Function, Quantity, Register

ROUNDS = 5


def heat_meter(number: int) -> bytes:
    """Return a telegram of eleven records, as heat meters send them, with its own numbers."""
    q = Quantity
    bcd = Coding.BCD8
    records = [
        encode_record(q.FABRICATION_NUMBER, 10_000_000 + number, coding=bcd),
        encode_record(q.ENERGY, 52_000 + number, coding=Coding.INT32),
        encode_record(q.VOLUME, (12_345_678 + number) / 1000, exponent=-3, coding=bcd),
        encode_record(q.POWER, (9000 + number) / 1000, exponent=-3, coding=Coding.INT24),
        encode_record(q.VOLUME_FLOW, (327 + number) / 1000, exponent=-3, coding=Coding.INT32),
        encode_record(q.FLOW_TEMPERATURE, 71.3, exponent=-1, coding=Coding.INT16),
        encode_record(q.RETURN_TEMPERATURE, 48.9, exponent=-1, coding=Coding.INT16),
        encode_record(q.TEMPERATURE_DIFFERENCE, 22.4, exponent=-1, coding=Coding.INT16),
        encode_record(q.ON_TIME, 21_000 + number, coding=Coding.INT32),
        encode_record(q.POWER, 31.25, exponent=-2, register=Register(function=Function.MAXIMUM)),
        encode_record(q.ENERGY, 48_000 + number, register=Register(storage=1)),
    ]
    header = Header("KAM", f"{10_000_000 + number:08d}", 27, 4, number & 0xFF, 0)
    return encode_telegram(encode_payload(header, records), address=1)


TELEGRAMS = [heat_meter(number) for number in range(200)]


def all_of(read: Callable[[bytes], object]) -> None:
    for raw in TELEGRAMS:
        read(raw)


def best(read: Callable[[bytes], object]) -> float:
    """Return telegrams per second of processor time, the best of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        all_of(read)
        seconds.append(time.process_time() - start)
    return len(TELEGRAMS) / min(seconds)


def peer_values(raw: bytes) -> list[object]:
    """Read as far as we do: to numbers with units (its `load` alone leaves bytes as they are)."""
    return [record.interpreted for record in meterbus.load(raw).records]


def test_peer_reads_the_same_telegrams() -> None:
    energy = meterbus.load(TELEGRAMS[7]).records[1]
    assert float(energy.value) == 52_007_000  # Wh
    assert decode(TELEGRAMS[7]).records[1].value == 52_007.0


@pytest.mark.benchmark(group="mbus decode")
def test_decode(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(all_of, (decode,), rounds=ROUNDS, warmup_rounds=1)
    ours, load, values = best(decode), best(meterbus.load), best(peer_values)
    benchmark.extra_info.update(
        telegrams_per_s=round(ours),
        pymeterbus_load_per_s=round(load),
        pymeterbus_values_per_s=round(values),
        ratio_to_load=round(ours / load, 2),
        ratio_to_values=round(ours / values, 2),
    )
    print(f"\ndecode {ours:,.0f}/s; pyMeterBus load {load:,.0f}/s, values {values:,.0f}/s")  # noqa: T201 - the figure is the test's product
    assert ours > load


@pytest.mark.benchmark(group="mbus decode")
def test_receive(benchmark: BenchmarkFixture) -> None:
    stream = b"".join(TELEGRAMS)
    chunks = [stream[at : at + 64] for at in range(0, len(stream), 64)]

    def receive() -> int:
        receiver = Receiver()
        return sum(1 for chunk in chunks for _ in receiver.feed(chunk))

    count = benchmark.pedantic(receive, rounds=ROUNDS, warmup_rounds=1)
    assert count == len(TELEGRAMS)
    benchmark.extra_info["bytes"] = len(stream)
