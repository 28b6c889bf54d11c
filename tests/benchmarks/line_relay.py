"""A bad line between two network namespaces: slow, lossy, and gone every few seconds.

Two TUN devices and whoever carries packets from one to the other in real time. Nothing of it
needs more rights than a user's own namespaces (`unshare --map-root-user --net`). While the line
is down, packets are lost; so is what waited in the sender's buffer when it went down.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_ROOT = Path(__file__).resolve().parents[2]
_MTU = 2048
_TCP = 6
_SYN = 2
_DENIED = (
    "A network namespace with a TUN device cannot be made here: this benchmark needs `unshare` "
    "(util-linux), `ip` (iproute2), /dev/net/tun, and user namespaces (or root)."
)


class NotPermittedError(RuntimeError):
    """This machine does not let us make namespaces or TUN devices."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How bad. ``forgets``: after a cut the network knows no connection from before, as when a
    mobile line gets another address; their packets vanish without a word."""

    up_s: float = 12.0
    down_s: float = 8.0
    bits_s: int = 512_000
    loss: float = 0.01
    delay_s: float = 0.04
    buffer_s: float = 1.0
    forgets: bool = False
    seed: int = 1

    def is_up(self, at_s: float) -> bool:
        """Tell if the line carries ``at_s`` seconds after its beginning."""
        return at_s % (self.up_s + self.down_s) < self.up_s


@dataclass(slots=True)
class Counts:
    """Bytes. ``wire``: of IP packets that went onto the line, both ways, arrived or not.

    ``offered``: of TCP payload that the hub's machine wanted to send, line or no line;
    ``by_chance``: of those, what the line lost at random or had no buffer for.
    """

    wire: int = 0
    offered: int = 0
    by_chance: int = 0
    while_down: int = 0
    cut_in_buffer: int = 0
    cuts: int = 0
    connections: int = 0


@dataclass(order=True, slots=True)
class _Waiting:
    at_s: float
    number: int
    to: int = field(compare=False)
    packet: bytes = field(compare=False)


class Relay:
    """The line between a hub's end and a county's. Runs from entering the context on."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.counts = Counts()
        self._ends: dict[str, subprocess.Popen[bytes]] = {}
        self._devices: dict[str, int] = {}
        self._go: dict[str, socket.socket] = {}
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        if self._thread.is_alive():
            self._thread.join()
        for process in self._ends.values():
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        for one in self._go.values():
            one.close()
        for device in self._devices.values():
            os.close(device)

    def add(self, name: str, address: str, command: Sequence[str], log: Path) -> None:
        """Make an end (`hub` or `county`) in which ``command`` waits for :meth:`start`.

        :raises NotPermittedError: if it cannot be made on this machine.
        """
        ours, theirs = socket.socketpair()
        number = theirs.fileno()
        line = [sys.executable, "-m", "tests.benchmarks.line_end", str(number), address, *command]
        try:
            with log.open("wb") as handle:
                self._ends[name] = subprocess.Popen(
                    ["unshare", "--map-root-user", "--net", *line],
                    cwd=_ROOT,
                    pass_fds=[number],
                    stdin=subprocess.DEVNULL,
                    stdout=handle,
                    stderr=subprocess.STDOUT,
                )
        except FileNotFoundError as error:
            raise NotPermittedError(_DENIED) from error
        finally:
            theirs.close()
        self._go[name] = ours
        ours.settimeout(30)
        _, devices, _, _ = socket.recv_fds(ours, 1, 1)
        if not devices:
            raise NotPermittedError(f"{_DENIED}\n{log.read_text(errors='replace')}")
        self._devices[name] = devices[0]

    def start(self) -> None:
        """Let packets go; the line is up first."""
        self._thread.start()

    def let(self, name: str) -> subprocess.Popen[bytes]:
        """Let an end's command run."""
        self._go[name].sendall(b".")
        return self._ends[name]

    def _run(self) -> None:
        hub, county = self._devices["hub"], self._devices["county"]
        rng = random.Random(self.profile.seed)
        begun = time.monotonic()
        flow = _Flow(self.profile, self.counts, rng)
        while not self._leave.is_set():
            now = time.monotonic() - begun
            flow.turn(now)
            for one in flow.due(now):
                with contextlib.suppress(OSError):
                    os.write(one.to, one.packet)
            for device in select.select([hub, county], [], [], flow.wait_s(now))[0]:
                try:
                    packet = os.read(device, _MTU)
                except BlockingIOError:
                    continue
                other = county if device == hub else hub
                flow.take(time.monotonic() - begun, packet, other, from_hub=device == hub)


class _Flow:
    """What is on the line; times are seconds since its beginning."""

    def __init__(self, profile: Profile, counts: Counts, rng: random.Random) -> None:
        self._profile, self._counts, self._rng = profile, counts, rng
        self._queue: list[_Waiting] = []
        self._free = {True: 0.0, False: 0.0}  # when an end's modem has sent what waits in it
        self._known: set[bytes] = set()
        self._was_up, self._number = True, 0

    def turn(self, now: float) -> None:
        """Go down, if it is time; what waits is lost."""
        up = self._profile.is_up(now)
        if self._was_up and not up:
            self._counts.cuts += 1
            self._counts.cut_in_buffer += sum(len(one.packet) for one in self._queue)
            self._queue.clear()
            self._free = {True: 0.0, False: 0.0}
            if self._profile.forgets:
                self._known.clear()
        self._was_up = up

    def due(self, now: float) -> Iterator[_Waiting]:
        """Give what has arrived."""
        while self._queue and self._queue[0].at_s <= now:
            yield heapq.heappop(self._queue)

    def wait_s(self, now: float) -> float:
        """Return how long nothing arrives, at most a little."""
        return max(0.0, min(0.02, self._queue[0].at_s - now)) if self._queue else 0.02

    def take(self, now: float, packet: bytes, to: int, *, from_hub: bool) -> None:
        """Put a packet on the line, or lose it."""
        profile, counts = self._profile, self._counts
        payload, flow, syn = _tcp(packet)
        if flow is None:  # the kernel's own IPv6 chatter
            return
        data = payload if from_hub else 0
        counts.offered += data
        up = profile.is_up(now)
        if up and syn and flow not in self._known:
            self._known.add(flow)
            counts.connections += 1
        if not up or (profile.forgets and flow not in self._known):
            counts.while_down += data
            return
        sent_s = max(now, self._free[from_hub]) + len(packet) * 8 / profile.bits_s
        if sent_s - now > profile.buffer_s:
            counts.by_chance += data
            return
        self._free[from_hub] = sent_s
        counts.wire += len(packet)
        if self._rng.random() < profile.loss:
            counts.by_chance += data
            return
        self._number += 1
        heapq.heappush(self._queue, _Waiting(sent_s + profile.delay_s, self._number, to, packet))


def _tcp(packet: bytes) -> tuple[int, bytes | None, bool]:
    """Return how much a packet carries, whose it is (either direction), and if it opens a flow."""
    if packet[0] >> 4 != 4 or packet[9] != _TCP:
        return 0, None, False
    start = (packet[0] & 15) * 4
    (total,) = struct.unpack_from(">H", packet, 2)
    ends = packet[12:16] + packet[start : start + 2], packet[16:20] + packet[start + 2 : start + 4]
    header = (packet[start + 12] >> 4) * 4
    return total - start - header, b"".join(sorted(ends)), bool(packet[start + 13] & _SYN)
