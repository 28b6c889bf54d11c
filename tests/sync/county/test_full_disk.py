"""The county on a disk that is really full: a small tmpfs in a mount namespace of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sync.county.conftest import Writer

_STORY = """
import json, subprocess, sys
from pathlib import Path
from deltalake import DeltaTable
from sync import identity, wire
from sync.county import hub

folder, stick, key = Path(sys.argv[1]), Path(sys.argv[2]), bytes.fromhex(sys.argv[3])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", folder], check=True)
config = hub.create(folder / "kreis", "Kreis")
with hub.open_county(folder / "kreis") as county:
    short = identity.short_id(key)
    county.ledger.add_hub(short, public_key=key, fingerprint="", name="Dorf", now_ms=1)
    county.ledger.confirm(short, now_ms=1)

def take():
    done = subprocess.run(
        [sys.executable, "-m", "sync", "county", "import", stick, "--county", folder / "kreis"],
        capture_output=True, text=True,
    )
    told = [wire.decode_ack(file.read_bytes()).seq for file in stick.glob("DORFHUB/acks/*.ack")]
    rows = DeltaTable(str(config.lake)).to_pyarrow_table().select(["seq", "value"]).to_pylist()
    rows = [(row["seq"], row["value"]) for row in rows]
    return {
        "code": done.returncode, "said": done.stdout + done.stderr, "told": max(told, default=0),
        "rows": len(rows), "distinct": len(set(rows)), "last": max((s for s, _ in rows), default=0),
    }

story = []
for left in map(int, sys.argv[4:]):
    with (folder / "fill").open("wb", buffering=0) as fill:
        try:
            while True:
                fill.write(bytes(4096))
        except OSError:
            pass
        fill.truncate(max(0, fill.tell() - left * 1024))
    story.append(take())
    (folder / "fill").unlink()
story.append(take())
print(json.dumps(story))
"""


def test_a_full_disk_is_named_and_nothing_acknowledged_is_lost(
    writer: Writer, stick: Path, tmp_path: Path
) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare (util-linux)")
    writer.add(40, rows=300)
    writer.write(stick, 0, 40)
    (tmp_path / "disk").mkdir()
    done = subprocess.run(
        [
            *("unshare", "--map-root-user", "--mount", sys.executable, "-c"),
            textwrap.dedent(_STORY),
            *(str(tmp_path / "disk"), str(stick), writer.identity.public_key.hex()),
            *("0", "24", "80", "120", "160"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    if "unshare failed" in done.stderr or "Operation not permitted" in done.stderr:
        pytest.skip("mount namespaces are not allowed here")
    assert done.returncode == 0, done.stderr
    *full, freed = json.loads(done.stdout)
    assert full[0]["code"] == 1
    for one in full:
        assert one["told"] <= one["last"]
        assert one["rows"] == one["distinct"]
        if one["code"]:
            assert "Platz" in one["said"], one["said"]
    assert (freed["code"], freed["told"], freed["last"]) == (0, 40, 40)
    assert freed["rows"] == freed["distinct"] == 40 * 300
