"""A village that wants a certificate, its county, and a throw-away authority that makes one."""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.clock import FixedClock, Stamp
from edge.config import Web
from edge.process.log import Log
from hardware.reading import TimeQuality
from sync import got, wire
from sync.carrier.memory import MemoryCarrier
from sync.certificate.keeper import Keeper, State
from sync.county import certificates
from sync.county import hub as county_hub
from sync.county.errand import Errand
from sync.county.hub import County
from sync.county.issuer import Issuer
from sync.county.ledger import Hub
from sync.county.pull import Puller
from sync.got import Got
from sync.identity import short_id
from sync.inflow import Inflow

T0 = 1_795_000_000_000
DAY = 86_400_000
HOST = "dorfhub.wetterfeld.example"


@dataclass(slots=True)
class Authority:
    """A root and an intermediate that live as long as the test. ``days`` a leaf holds."""

    days: int = 47
    now_ms: int = T0
    made: list[bytes] = field(default_factory=list)
    root: tuple[Any, Any] = field(init=False)
    middle: tuple[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.root = self._authority("Wurzel", None)
        self.middle = self._authority("Mitte", self.root)

    def _authority(self, name: str, by: Any) -> tuple[Any, Any]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if by is None else by[0].subject
        made = self._builder(subject, issuer, key.public_key(), 10 * 365).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        return made.sign(key if by is None else by[1], hashes.SHA256()), key

    def _builder(self, subject: Any, issuer: Any, key: Any, days: float) -> Any:
        begin = dt.datetime.fromtimestamp(self.now_ms / 1000, dt.UTC) - dt.timedelta(hours=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + dt.timedelta(days=days))
        )

    def leaf(self, csr: bytes, *, names: Any = None, by: Any = None, extra: Any = ()) -> Any:
        asked = x509.load_pem_x509_csr(csr)
        issuer, key = by or self.middle
        wanted = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if names is not None:
            wanted = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        subject = x509.Name([])
        made = self._builder(subject, issuer.subject, asked.public_key(), self.days)
        made = made.add_extension(wanted, critical=True)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        for one in extra or (usage,):
            made = made.add_extension(one, critical=False)
        return made.sign(key, hashes.SHA256())

    def chain(self, csr: bytes, **changes: Any) -> bytes:
        return pem(self.leaf(csr, **changes), self.middle[0])

    def issue(self, label: str, name: str, csr: bytes) -> bytes | None:
        """Be an issuer, as the county's tool is."""
        del label, name
        self.made.append(self.chain(csr))
        return self.made[-1]


def pem(*certificates: Any) -> bytes:
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


@dataclass(slots=True)
class Both:
    """The village and the county, with the line between them."""

    village: Any
    county: County
    hub: Hub
    web: Web
    clock: FixedClock
    inflow: Inflow
    authority: Authority

    def keeper(self, **changes: Any) -> Keeper:
        web = replace(self.web, **changes)
        return Keeper(web, self.village.outbox, self.village.store.connection, Log())

    def step(self, *, quality: TimeQuality = TimeQuality.SYNCHRONISED, **changes: Any) -> State:
        stamp: Stamp = replace(self.clock.stamp(), quality=quality)
        return self.keeper().step(stamp, **changes)

    def advance(self, days: float) -> None:
        self.clock.advance(round(days * DAY))
        self.authority.now_ms = self.clock.stamp().wall_ms

    def allow(self, name: str = HOST) -> None:
        with self.county.streams() as streams:
            certificates.allow(streams, self.hub, name, T0)

    def work(self, issuer: Issuer | None = None) -> tuple[int, int]:
        return certificates.work(self.county, issuer or self.authority, self.clock.stamp())

    def wanted(self) -> list[certificates.Wanted]:
        certificates.gather(self.county, self.clock.stamp().wall_ms)
        with self.county.streams() as streams:
            return certificates.wanted(streams)

    def pull(self) -> None:
        now = self.clock.stamp
        puller = Puller(
            self.county,
            now_ms=lambda: now().wall_ms,
            nonce=lambda: os.urandom(16),
            errand=Errand(self.county, self.clock),
        )
        (outcome,) = puller.pull([(self.hub, self._line())])
        assert outcome.code == "ok", outcome

    def _line(self) -> MemoryCarrier:
        village, outbox = self.village, self.village.outbox

        def head(nonce: bytes) -> bytes:
            at = outbox.position()
            return wire.encode_head(
                wire.Head(
                    village.identity.name, "Dorf", at.epoch, at.first_seq, at.last_seq,
                    at.last_hash, nonce, T0, 4,
                ),
                village.identity,
            )  # fmt: skip

        def segments(epoch: str, after: int, until: int) -> bytes:
            manifest = outbox.manifest(bytes.fromhex(epoch), after, until)
            return b"".join(outbox.pieces(manifest, 0, manifest.size))

        return MemoryCarrier(
            head,
            segments,
            lambda _: None,
            got=lambda county: got.encode(
                Got(village.identity.name, self.inflow.positions(county), "", T0),
                village.identity,
            ),
            deliver=lambda data: self.inflow.take(io.BytesIO(data), way="line", now_ms=T0),
        )


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def both(village: Any, tmp_path: Path, authority: Authority) -> Iterator[Both]:
    (tmp_path / "kreis").mkdir()
    county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    with county_hub.open_county(tmp_path / "kreis") as county:
        village.meets(county)
        hub = county.ledger.hub(short_id(village.identity.name))
        assert hub is not None
        inflow = Inflow(village.store.connection, village.identity.name, village.peers)
        web = Web(name=HOST, tls=tmp_path / "tls")
        yield Both(village, county, hub, web, FixedClock(T0), inflow, authority)


def tool(folder: Path, lines: str) -> tuple[str, ...]:
    """Return a command of the test's own: Python that has REQUEST, CHAIN and NAME."""
    file = folder / "tool.py"
    file.write_text("import sys\nREQUEST, CHAIN, NAME = sys.argv[1:]\n" + lines, "utf-8")
    return (sys.executable, str(file))
