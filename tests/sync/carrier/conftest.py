"""One rig for each carrier, so that one suite of promises runs over all of them.

The HTTP rig is the real pull interface behind a line that the test can cut and spoil.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from edge.clock import Stamp
from sync import bundle, custody, parcel, requests, rotation, stream, wire
from sync.carrier import delivery
from sync.carrier.base import Carrier, Kind
from sync.carrier.folder import ROOT, FolderCarrier
from sync.carrier.http import HttpCarrier, Patience
from sync.carrier.memory import MemoryCarrier
from sync.county.calls import CallDesk
from sync.custody_book import Book
from sync.identity import Identity, fingerprint, short_id
from sync.inflow import Inflow
from sync.line import gate
from sync.line.calling import Caller, trusting
from sync.line.relay import LoopThread, Stream
from sync.line.sockets import bound
from sync.pull_server import PullServer
from sync.segment import Segment
from sync.server import Desk, create_app
from sync.server_county import CountyRoutes
from sync.stream import METER
from sync.tls import ServerContext

IMPATIENT = Patience(timeout_s=15, attempts=1, backoff_s=0, deadline_s=30)


class Line:
    """A TCP line to a server that can be cut, and that can spoil bytes on the way."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.cut_after: int | None = None  # bytes of an answer's body
        self.dies = False  # after the first cut nothing goes through any more
        self.spoil_at: int | None = None  # which byte of a body is changed
        self.carried = 0  # bytes of bodies that went to the client
        self.connections = 0
        self._thread = threading.Thread(target=self._run, name="line")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self._target))
            with client, server, contextlib.suppress(OSError):
                self._carry(client, server)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Carry one request and its answer; every client of ours closes after one."""
        client.settimeout(10)
        server.settimeout(10)
        request = b""
        while b"\r\n\r\n" not in request:
            request += client.recv(4096)
        head, _, body = request.partition(b"\r\n\r\n")
        length = 0
        for field in head.lower().split(b"\r\n"):
            if field.startswith(b"content-length:"):
                length = int(field.partition(b":")[2])
        while len(body) < length:
            body += client.recv(4096)
        if b"Connection: close" not in head:  # it carries one request a connection
            head += b"\r\nConnection: close"
        server.sendall(head + b"\r\n\r\n" + body)
        answer = b""
        while data := server.recv(4096):
            answer += data
        head, _, body = answer.partition(b"\r\n\r\n")
        if self.spoil_at is not None and self.spoil_at < len(body):
            at = self.spoil_at
            body = body[:at] + bytes((body[at] ^ 1,)) + body[at + 1 :]
        whole = self.cut_after is None or self.cut_after >= len(body)
        part = body if whole else body[: self.cut_after]
        self.carried += len(part)
        if self.dies and not whole:
            self.cut_after = 0
        client.sendall(head + b"\r\n\r\n" + part)


class Rig:
    """A carrier and the hub at its other end. ``identity`` is the hub's."""

    identity: Identity
    epoch: str
    carrier: Carrier
    county: Identity

    def segments(self, after: int, until: int) -> list[Segment]:
        raise NotImplementedError

    def offer(self, after: int, until: int) -> None:
        """Make sure that the bundle can be fetched."""

    def spoil(self, run: tuple[int, int], at: int) -> None:
        """Change one byte of the bundle on its way."""
        raise NotImplementedError

    def truncate(self, run: tuple[int, int], keep: int) -> None:
        """Let the bundle end too early, for good."""
        raise NotImplementedError

    def interrupt(self, after: int) -> contextlib.AbstractContextManager[None]:
        """Break the way after so many bytes, while the context lasts."""
        raise NotImplementedError

    def acknowledged(self) -> list[int]:
        """Return the numbers that the hub was told."""
        raise NotImplementedError

    def rotate(self) -> tuple[rotation.Rotation, ...]:
        """Let the hub change its key; return its chain."""
        raise NotImplementedError

    def county_rotated(self, new: Identity, chain: tuple[rotation.Rotation, ...]) -> None:
        """Let whoever answers for the county know its new key, too."""

    def heard(self, kind: Kind) -> list[bytes]:
        """Return what the hub was told, as it keeps it or as bytes."""
        raise NotImplementedError

    def bundle(self, after: int, until: int) -> bytes:
        return bundle.pack(self.segments(after, until))

    def on_the_way(self, after: int, until: int) -> bytes:
        """Return the bytes that travel for it."""
        return self.bundle(after, until)


class HttpRig(Rig):
    def __init__(
        self,
        village: Any,
        line: Line,
        county: Identity,
        address: str | Path = "",
        pin: bytes | None = None,
    ) -> None:
        self._village = village
        self.line = line
        self.identity = village.identity
        self.epoch = village.outbox.position().epoch.hex()
        self.county = county
        self.carrier = HttpCarrier(
            address or f"http://127.0.0.1:{line.port}",
            lambda method, target: requests.sign_request(county, method, target),
            pin=pin,
            patience=IMPATIENT,
        )

    def segments(self, after: int, until: int) -> list[Segment]:
        outbox = self._village.outbox
        return [Segment.decode(outbox.read(seq)) for seq in range(after + 1, until + 1)]

    def spoil(self, run: tuple[int, int], at: int) -> None:  # noqa: ARG002 - it spoils every bundle
        self.line.spoil_at = at

    def truncate(self, run: tuple[int, int], keep: int) -> None:  # noqa: ARG002 - likewise
        self.line.cut_after, self.line.dies = keep, True

    @contextlib.contextmanager
    def interrupt(self, after: int) -> Iterator[None]:
        self.line.cut_after, self.line.dies = after, True
        yield
        self.line.cut_after = None

    def acknowledged(self) -> list[int]:
        return [peer.acknowledged_seq for peer in self._village.peers.all()]

    def rotate(self) -> tuple[rotation.Rotation, ...]:
        path = self._village.folder / "keys" / "hub.key"
        self._village.outbox.rotate(lambda epoch, seq: rotation.change(path, epoch=epoch, seq=seq))
        return rotation.load(path, self.identity)

    def heard(self, kind: Kind) -> list[bytes]:
        if kind is Kind.KEYS:
            return [rotation.encode(peer.chain) for peer in self._village.peers.all()]
        return [one.last_error.encode() for one in self._village.store.exchanges()]

    def brought(self) -> dict[bytes, int]:
        village = self._village
        inflow = Inflow(village.store.connection, village.identity.name, village.peers)
        return inflow.positions(self.county.name)


class FolderRig(Rig):
    def __init__(
        self, folder: Path, chain: list[Segment], hub: Identity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._folder, self._chain, self._monkeypatch = folder, chain, monkeypatch
        self.identity = hub
        self.epoch = chain[0].header.epoch.hex()
        self.county = Identity.generate()
        self.carrier = FolderCarrier(folder, short_id(hub.public_key))

    def segments(self, after: int, until: int) -> list[Segment]:
        return self._chain[after:until]

    def _file(self, after: int, until: int) -> Path:
        folder = self._folder / ROOT / short_id(self.identity.public_key)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self.epoch}-{after + 1}-{until}.dhb"

    def offer(self, after: int, until: int) -> None:
        self._file(after, until).write_bytes(self.bundle(after, until))

    def spoil(self, run: tuple[int, int], at: int) -> None:
        file = self._file(*run)
        data = bytearray(file.read_bytes())
        data[at] ^= 1
        file.write_bytes(data)

    def truncate(self, run: tuple[int, int], keep: int) -> None:
        file = self._file(*run)
        file.write_bytes(file.read_bytes()[:keep])

    @contextlib.contextmanager
    def interrupt(self, after: int) -> Iterator[None]:
        real = Path.open

        def pulled(path: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            file = real(path, mode, *arguments, **named)
            if ".dhb" in path.name and self._folder in path.parents and mode == "rb":
                return _PulledOut(file, after)
            return file

        with self._monkeypatch.context() as patch:
            patch.setattr("sync.carrier.folder._CHUNK", 512)
            patch.setattr(Path, "open", pulled)
            yield

    def acknowledged(self) -> list[int]:
        files = sorted((self._folder / ROOT / "acks").glob("*.ack"))
        return [wire.decode_ack(file.read_bytes()).seq for file in files]

    def rotate(self) -> tuple[rotation.Rotation, ...]:
        chain = (rotation.record(self.identity, Identity.generate()),)
        file = self._folder / ROOT / short_id(self.identity.public_key) / "hub.keys"
        file.write_bytes(rotation.encode(chain))
        return chain

    def heard(self, kind: Kind) -> list[bytes]:
        files = sorted((self._folder / ROOT / "acks").glob(f"*.{kind}"))
        return [file.read_bytes() for file in files]

    def brought(self) -> dict[bytes, int]:
        place = delivery.place_of(self._folder / ROOT, self.county.name, b"")
        return {
            bytes.fromhex(file.name.partition("-")[0]): last
            for file, _, last in delivery.bundles(place)
        }


class BusRig(FolderRig):
    """What a bus unloads: the same, sealed to the county."""

    def __init__(
        self, folder: Path, chain: list[Segment], hub: Identity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        super().__init__(folder, chain, hub, monkeypatch)
        key, self._recipient = parcel.parcel_key(folder.parent / "parcels.age")
        self.carrier = FolderCarrier(folder, short_id(hub.public_key), key)

    def _file(self, after: int, until: int) -> Path:
        file = super()._file(after, until)
        return file.with_name(file.name + ".age")

    def offer(self, after: int, until: int) -> None:
        with self._file(after, until).open("wb") as file:
            parcel.seal([self.bundle(after, until)], self._recipient, file)

    def on_the_way(self, after: int, until: int) -> bytes:
        return self._file(after, until).read_bytes()


class _PulledOut(io.BufferedReader):
    """A file on a stick that is pulled out after so many bytes."""

    def __init__(self, file: io.BufferedReader, after: int) -> None:
        super().__init__(file.detach())  # type: ignore[arg-type]
        self._left = after
        self._copies = False  # the look at the beginning is not the copy

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._copies = True
        return super().seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        if not self._copies:
            return super().read(size)
        if self._left <= 0:
            raise OSError(errno.EIO, "Input/output error")
        data = super().read(min(size or 0, self._left))
        self._left -= len(data)
        return data


class MemoryRig(Rig):
    def __init__(
        self, chain: list[Segment], hub: Identity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._chain, self._monkeypatch = chain, monkeypatch
        self._change: Callable[[bytes], bytes] = bytes
        self._acks: list[int] = []
        self.identity = hub
        self.epoch = chain[0].header.epoch.hex()
        self.county = Identity.generate()
        self._chain_of_keys: tuple[rotation.Rotation, ...] = ()
        self._told: list[tuple[Kind, bytes]] = []
        self._bundles: list[bytes] = []
        self._receipts: list[bytes] = []
        self.carrier = MemoryCarrier(
            self._head,
            self._segments,
            self._acknowledge,
            keys=lambda: rotation.encode(self._chain_of_keys) if self._chain_of_keys else None,
            tell=lambda kind, data: self._told.append((kind, data)),
            deliver=self._bundles.append,
            receipts=lambda after: custody.Batch(tuple(self._receipts[after:]), after),
            hand_receipts=self._receipts.extend,
        )

    def brought(self) -> dict[bytes, int]:
        found = [bundle.Reader(io.BytesIO(data)).manifest for data in self._bundles]
        return {one.epoch: one.last for one in found}

    def segments(self, after: int, until: int) -> list[Segment]:
        return self._chain[after:until]

    def _head(self, nonce: bytes) -> bytes:
        last = self._chain[-1]
        return wire.encode_head(
            wire.Head(
                self.identity.public_key,
                "Dorf",
                last.header.epoch,
                1,
                last.header.seq,
                last.hash,
                nonce,
                0,
                4,
            ),
            self.identity,
        )

    def _segments(self, epoch: str, after: int, until: int) -> bytes:
        if epoch != self.epoch or not after < until <= len(self._chain):
            raise LookupError
        return self._change(self.bundle(after, until))

    def _acknowledge(self, data: bytes) -> None:
        self._acks.append(wire.decode_ack(data).seq)

    def spoil(self, run: tuple[int, int], at: int) -> None:  # noqa: ARG002 - it spoils every bundle
        self._change = lambda data: data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]

    def truncate(self, run: tuple[int, int], keep: int) -> None:  # noqa: ARG002 - likewise
        self._change = lambda data: data[:keep]

    @contextlib.contextmanager
    def interrupt(self, after: int) -> Iterator[None]:
        from sync.carrier.partial import PartialFile  # noqa: PLC0415

        real = PartialFile.append

        def full(part: PartialFile, data: bytes) -> None:
            if part.size >= after:
                from sync.carrier.base import CarrierError, Reason  # noqa: PLC0415

                raise CarrierError(Reason.DISK_FULL, "full", received=part.size)
            real(part, data)

        with self._monkeypatch.context() as patch:
            patch.setattr("sync.carrier.memory._CHUNK", 512)
            patch.setattr(PartialFile, "append", full)
            yield

    def acknowledged(self) -> list[int]:
        return self._acks

    def rotate(self) -> tuple[rotation.Rotation, ...]:
        self._chain_of_keys = (rotation.record(self.identity, Identity.generate()),)
        return self._chain_of_keys

    def heard(self, kind: Kind) -> list[bytes]:
        return [data for told, data in self._told if told is kind]


class _Silent:
    """A log that nobody reads."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


@pytest.fixture
def http_rig(village: Any) -> Iterator[HttpRig]:
    village.measure(rounds=40)
    county = Identity.generate()
    village.peers.ask(wire.Enrolment(county.public_key, "Landkreis", ()), 1)
    village.peers.confirm(fingerprint(county.public_key), 2)
    _seal_in_pieces(village)
    path = village.folder / "keys" / "hub.key"
    desk = Desk(
        "Dorf",
        village.identity,
        village.outbox,
        village.peers,
        village.clock,
        _Silent(),
        lambda: rotation.load(path, village.identity),
        county=CountyRoutes(
            Inflow(village.store.connection, village.identity.name, village.peers),
            Book(village.store.connection),
            village.identity,
            village.clock,
            _Silent(),
            lambda: None,
        ),
    )
    with PullServer(create_app(desk), "127.0.0.1", 0) as server, Line(server.port) as line:
        yield HttpRig(village, line, county)


@pytest.fixture
def https_rig(http_rig: HttpRig) -> Iterator[HttpRig]:
    """The same behind TLS, which ends before the line that can be cut."""
    listener = bound("127.0.0.1", 0)
    listener.listen()
    port = listener.getsockname()[1]
    with LoopThread("gate") as loop:
        loop.start(gate.serve(listener, _inside(http_rig), _contexts(http_rig), _Silent()))
        rig = HttpRig(
            http_rig._village,
            http_rig.line,
            http_rig.county,
            f"https://127.0.0.1:{port}",
            http_rig.identity.name,
        )
        yield rig
        rig.carrier.close()


@pytest.fixture
def call_rig(http_rig: HttpRig, tmp_path: Path) -> Iterator[HttpRig]:
    """The same, called for by the hub itself."""
    listener = bound("127.0.0.1", 0)
    listener.listen()
    port = listener.getsockname()[1]
    calls = tmp_path / "calls"
    peers = http_rig._village.peers
    desk = CallDesk(calls, http_rig.county, tuple, lambda _: True, _Silent())
    caller = Caller(
        f"127.0.0.1:{port}",
        _inside(http_rig),
        _contexts(http_rig),
        trusting(lambda: [peer.public_key for peer in peers.all()], peers.learn_keys, peers.key_of),
        changed=lambda _: None,
        log=_Silent(),
    )
    with LoopThread("county") as there, LoopThread("hub") as here:
        there.start(desk.serve(listener))
        here.start(caller.run())
        socket_ = calls / f"{short_id(http_rig.identity.name)}.sock"
        until = time.monotonic() + 10
        while not socket_.exists() and time.monotonic() < until:
            time.sleep(0.01)
        rig = HttpRig(http_rig._village, http_rig.line, http_rig.county, socket_)

        def rotated(new: Identity, chain: tuple[rotation.Rotation, ...]) -> None:
            desk._signer, desk._keys = new, lambda: chain

        rig.county_rotated = rotated  # type: ignore[method-assign]
        yield rig
        rig.carrier.close()


def _inside(rig: HttpRig) -> Callable[[], Awaitable[Stream]]:
    async def connect() -> Stream:
        return Stream(*await asyncio.open_connection("127.0.0.1", rig.line.port))

    return connect


def _contexts(rig: HttpRig) -> ServerContext:
    path = rig._village.folder / "keys" / "hub.key"
    return ServerContext(rig.identity, lambda: rotation.load(path, rig.identity))


def _seal_in_pieces(village: Any) -> None:
    """Seal eight segments of five rounds each, as eight quiet mornings would."""
    stamp: Stamp = village.clock.stamp()
    real, stream.SEAL_BYTES = stream.SEAL_BYTES, 5 * 4 * 8 * (len(METER.columns) + 1)
    try:
        while village.outbox.seal(METER, village.store.connection, stamp):
            pass
    finally:
        stream.SEAL_BYTES = real


@pytest.fixture(params=["http", "https", "call", "folder", "bus", "memory"])
def rig(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    make_chain: Callable[[int], list[Segment]],
    signer: Identity,
    monkeypatch: pytest.MonkeyPatch,
) -> Rig:
    if request.param in ("http", "https", "call"):
        found: Rig = request.getfixturevalue(f"{request.param}_rig")
        return found
    if request.param == "folder":
        return FolderRig(tmp_path / "usb", make_chain(8), signer, monkeypatch)
    if request.param == "bus":
        return BusRig(tmp_path / "depot", make_chain(8), signer, monkeypatch)
    return MemoryRig(make_chain(8), signer, monkeypatch)
