"""A county pulls a hub's backlog over a line that is up 12 s and down 8 s, 512 kbit/s, 1 % loss.

    python -m tests.benchmarks.bad_line [--forgets] [--hours 720]

A hub that `dorfhub init` made gets a month of 200 meters, a segment an hour, and runs
`dorfhub run sync` at one end of `line_relay`; `dorfhub county pull` runs at the other until it
has all. Prints one JSON object: what crossed the line beside what had to.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from edge.clock import FixedClock
from edge.config import load
from sync import columns, identity, wire
from sync.columns import Source
from sync.county import hub as county_hub
from sync.county.lake import Stream
from sync.county.pull import SPAN
from sync.node import opened
from sync.segment import StreamClass
from tests.benchmarks.line_relay import Counts, NotPermittedError, Profile, Relay
from tests.benchmarks.village_month import SLOT_MS, T0, readings

HUB, COUNTY, PORT = "10.88.0.1", "10.88.0.2", 8082
DORFHUB = [sys.executable, "-m", "sync"]
_HOUR_MS = 4 * SLOT_MS
_PATIENCE_S = 600.0


def measure(folder: Path, profile: Profile, hours: int) -> dict[str, object]:
    """Do it in ``folder``; return what was seen."""
    payload, stream, segments = _hub(folder, hours)
    with Relay(profile) as relay:
        relay.add("hub", HUB, _command(folder, "run", "sync"), folder / "hub.log")
        county = folder / "county.sh"
        pull = [*DORFHUB, "county", "pull", "--county", str(folder / "kreis"), "--json"]
        county.write_text(
            "i=0\nwhile [ $i -lt 20 ]; do i=$((i+1))\n"
            f"{' '.join(pull)} >> {folder}/pulls.log 2>&1 && exit 0\nsleep 2\ndone\nexit 1\n"
        )
        relay.add("county", COUNTY, ["sh", str(county)], folder / "county.log")
        relay.let("hub")
        _until_listening(folder / "hub.log")
        relay.start()
        begun = time.monotonic()
        done = relay.let("county").wait(_PATIENCE_S)
        took = time.monotonic() - begun
        counts = relay.counts
    with county_hub.open_county(folder / "kreis") as county_:
        position = county_.lake.positions([stream])[stream]
    pulls = len((folder / "pulls.log").read_text().splitlines())
    if done or position != segments:
        raise SystemExit(
            f"it came to {position} of {segments}:\n{(folder / 'pulls.log').read_text()}"
        )
    return _said(counts, payload, segments, took, pulls)


def _said(
    counts: Counts, payload: int, segments: int, took: float, pulls: int
) -> dict[str, object]:
    again = counts.offered - payload - counts.by_chance
    return {
        "payload": payload,
        "segments": segments,
        "seconds": round(took, 1),
        "pulls": pulls,
        "cuts": counts.cuts,
        "connections": counts.connections,
        "wire_ratio": round(counts.wire / payload, 4),
        "offered": counts.offered,
        "by_chance": counts.by_chance,
        "while_down": counts.while_down,
        "cut_in_buffer": counts.cut_in_buffer,
        # everything beyond the payload that chance does not explain: headers and TLS, too
        "again_per_cut": round(again / max(1, counts.cuts)),
    }


def _command(folder: Path, *arguments: str) -> list[str]:
    return [*DORFHUB, "--config", str(folder / "dorf" / "hub.toml"), *arguments]


def _hub(folder: Path, hours: int) -> tuple[int, Stream, int]:
    """Make both sides, known to each other; return what has to travel."""
    (folder / "dorf").mkdir()
    subprocess.run(
        _command(folder, "init", "--name", "Haus", "--village", "Dorf"),
        cwd=folder / "dorf",
        check=True,
        capture_output=True,
    )
    source = folder / "dorf" / "hub.toml"
    section = f'[sync]\nadvertise = false\nhost = "{HUB}"\nport = {PORT}\n'
    source.write_text(re.sub(r"(?m)^\[sync\].*\n(?:[^\[\n].*\n)*", section, source.read_text()))
    county_hub.create(folder / "kreis", "Landkreis")
    clock = FixedClock(T0 + hours * _HOUR_MS)
    with opened(load(source)) as node, county_hub.open_county(folder / "kreis") as county:
        for body, count, first, last in _hours(hours):
            node.outbox.write(
                StreamClass.VILLAGE,
                "meter/1",
                body,
                count=count,
                span_ms=(first, last),
                stamp=clock.stamp(),
                do=lambda *_: None,
            )
        key = county.identity.name
        node.peers.ask(wire.Enrolment(key, "Landkreis", ()), 1)
        node.peers.confirm(identity.fingerprint(key), 2)
        name = node.identity.name
        hub = identity.short_id(name)
        county.ledger.add_hub(
            hub,
            public_key=name,
            fingerprint=identity.fingerprint(name),
            name="Dorf",
            now_ms=1,
        )
        county.ledger.confirm(hub, now_ms=2)
        county.ledger.add_address(hub, f"https://{HUB}:{PORT}", now_ms=2)
        here = node.outbox.position()
        payload = sum(
            node.outbox.manifest(here.epoch, after, min(after + SPAN, here.last_seq)).size
            for after in range(0, here.last_seq, SPAN)
        )
    return payload, Stream(hub, here.epoch.hex()), here.last_seq


def _hours(hours: int) -> Iterator[tuple[bytes, int, int, int]]:
    buckets: list[list[Source]] = [[] for _ in range(hours)]
    for one in readings("month"):
        start = 0
        while start < len(one.times_ms):
            hour = (one.times_ms[start] - T0) // _HOUR_MS
            stop = start
            while stop < len(one.times_ms) and (one.times_ms[stop] - T0) // _HOUR_MS == hour:
                stop += 1
            if 0 <= hour < hours:
                cut = slice(start, stop)
                columns_ = {name: column[cut] for name, column in one.columns.items()}
                buckets[hour].append(
                    Source(one.device, one.times_ms[cut], one.qualities[cut], columns_)
                )
            start = stop
    for sources in buckets:
        times = [at for source in sources for at in source.times_ms]
        yield columns.encode(sources), len(times), min(times), max(times)


def _until_listening(log: Path) -> None:
    until = time.monotonic() + 60
    while b"listening" not in log.read_bytes():
        if time.monotonic() > until:
            raise SystemExit(f"the hub does not come up:\n{log.read_text(errors='replace')}")
        time.sleep(0.2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forgets", action="store_true", help="connections do not outlive a cut")
    parser.add_argument("--hours", type=int, default=720, help="of backlog, at most 720")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    profile = Profile(forgets=chosen.forgets, seed=chosen.seed)
    with tempfile.TemporaryDirectory(prefix="dorfhub-line-") as folder:
        try:
            found = measure(Path(folder), profile, chosen.hours)
        except NotPermittedError as error:
            sys.exit(str(error))
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main()
