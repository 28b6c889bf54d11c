"""A county with its real ledger and lake, and hubs that write what a test asks them to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sync import bundle, columns, identity, rotation, wire
from sync.carrier.base import Kind
from sync.carrier.folder import ROOT, FolderCarrier
from sync.carrier.memory import MemoryCarrier
from sync.county import hub as county_hub
from sync.county.hub import County
from sync.county.ledger import Hub
from sync.county.outcome import Outcome
from sync.county.pull import Puller
from sync.segment import NO_PREVIOUS, ClockState, Segment, StreamClass, seal

NOW = 1_795_000_000_000


Expected = Callable[..., list[tuple[str, int, float]]]


@dataclass(slots=True)
class Writer:
    """A hub that seals segments of any kind, and hands them out as a real one would."""

    identity: identity.Identity = field(default_factory=identity.Identity.generate)
    epoch: bytes = bytes(range(8))
    name: str = "Wetterfeld"
    segments: list[Segment] = field(default_factory=list)
    acks: list[wire.Ack] = field(default_factory=list)
    chain: tuple[rotation.Rotation, ...] = ()
    told: list[tuple[Kind, bytes]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return identity.short_id(self.identity.name)

    def rotate(self) -> None:
        """Change the key after the segments that are there."""
        fresh = identity.Identity.generate()
        new = identity.Identity(fresh._key.private, name=self.identity.name)
        made = rotation.record(self.identity, new, epoch=self.epoch, seq=len(self.segments))
        self.chain, self.identity = (*self.chain, made), new

    def notices(self) -> list[str]:
        """Return the reasons that the county told."""
        return [wire.decode_notice(data).code for kind, data in self.told if kind is Kind.NOTICE]

    def add(
        self,
        count: int = 1,
        *,
        stream: StreamClass = StreamClass.VILLAGE,
        schema: str = "meter/1",
        body: bytes | None = None,
        value: float = 0.0,
        rows: int = 3,
    ) -> None:
        """Seal ``count`` segments of ``rows`` energy readings each; no two have one time."""
        for _ in range(count):
            seq = len(self.segments) + 1
            times = [NOW + seq * 900_000 + n * 1000 for n in range(rows)]
            energy = [value + seq + n / 10 for n in range(rows)]
            source = columns.Source("mbus:A", times, [4] * rows, {"energy_kwh": energy})
            self.segments.append(
                seal(
                    self.identity,
                    epoch=self.epoch,
                    seq=seq,
                    previous=self.segments[-1].hash if self.segments else NO_PREVIOUS,
                    stream=stream,
                    schema=schema,
                    count=rows,
                    first_ms=times[0],
                    last_ms=times[-1],
                    clock=ClockState(NOW, 4, bytes(16), seq),
                    salt=seq.to_bytes(16),
                    body=columns.encode([source]) if body is None else body,
                )
            )

    def fork(self, at: int) -> Writer:
        """Return the hub as a copied memory card makes it: the same key, another future."""
        other = Writer(self.identity, self.epoch, self.name, self.segments[: at - 1])
        other.add(len(self.segments) - at + 1, value=1000.0)
        return other

    def bundle(self, after: int, until: int) -> bytes:
        return bundle.pack(self.segments[after:until])

    def head(self, nonce: bytes, first: int = 1) -> bytes:
        last = len(self.segments)
        return wire.encode_head(
            wire.Head(
                hub=self.identity.name,
                name=self.name,
                epoch=self.epoch,
                first_seq=first,
                last_seq=last,
                last_hash=self.segments[-1].hash if self.segments else NO_PREVIOUS,
                nonce=nonce,
                now_ms=NOW,
                time_quality=4,
            ),
            self.identity,
        )

    def memory(self) -> MemoryCarrier:
        def segments(epoch: str, after: int, until: int) -> bytes:
            if epoch != self.epoch.hex() or not after < until <= len(self.segments):
                raise LookupError
            return self.bundle(after, until)

        return MemoryCarrier(
            self.head,
            segments,
            lambda data: self.acks.append(wire.decode_ack(data)),
            keys=lambda: rotation.encode(self.chain) if self.chain else None,
            tell=lambda kind, data: self.told.append((kind, data)),
        )

    def write(self, stick: Path, after: int, until: int) -> Path:
        file = stick / ROOT / self.id / f"{self.epoch.hex()}-{after + 1}-{until}.dhb"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.bundle(after, until))
        if self.chain:
            file.with_name("hub.keys").write_bytes(rotation.encode(self.chain))
        return file

    def folder(self, stick: Path) -> FolderCarrier:
        return FolderCarrier(stick, self.id)


@dataclass(slots=True)
class Office:
    """An open county and what tests do with it."""

    county: County
    ticks: Iterator[int] = field(default_factory=lambda: itertools.count(NOW))

    def know(self, writer: Writer, *, confirmed: bool = True) -> Hub:
        key = writer.identity.name
        hub = self.county.ledger.add_hub(
            writer.id,
            public_key=key,
            fingerprint=identity.fingerprint(key),
            name=writer.name,
            now_ms=NOW,
        )
        if confirmed:
            self.county.ledger.confirm(writer.id, now_ms=NOW)
        return self.hub(writer) if confirmed else hub

    def hub(self, writer: Writer) -> Hub:
        found = self.county.ledger.hub(writer.id)
        assert found is not None
        return found

    def puller(self) -> Puller:
        nonces = itertools.count(1)
        return Puller(
            self.county,
            now_ms=lambda: next(self.ticks),
            nonce=lambda: next(nonces).to_bytes(wire.NONCE_SIZE),
        )

    def pull(self, writer: Writer, carrier: object = None) -> Outcome:
        (outcome,) = self.puller().pull(
            [(self.hub(writer), writer.memory() if carrier is None else carrier)]  # type: ignore[list-item]
        )
        return outcome

    def rows(self) -> list[tuple[str, int, float]]:
        """Return (hub, seq, value) of all readings in the lake, sorted."""
        from deltalake import DeltaTable  # noqa: PLC0415 - heavy

        table = DeltaTable(str(self.county.config.lake)).to_pyarrow_table()
        return sorted(
            (row["hub"], row["seq"], row["value"])
            for row in table.select(["hub", "seq", "value"]).to_pylist()
        )


def expected(writer: Writer, seqs: range, rows: int = 3) -> list[tuple[str, int, float]]:
    """Return what `Office.rows` gives for readings that `Writer.add` sealed."""
    return sorted((writer.id, seq, seq + n / 10) for seq in seqs for n in range(rows))


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def county_folder(tmp_path: Path) -> Path:
    county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    return tmp_path / "kreis"


@pytest.fixture
def office(county_folder: Path) -> Iterator[Office]:
    with county_hub.open_county(county_folder) as county:
        yield Office(county)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """Return an empty folder, as a new USB stick is."""
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


@pytest.fixture(name="expected")
def expected_fixture() -> Expected:
    return expected


@pytest.fixture
def new_writer() -> type[Writer]:
    return Writer
