"""The lake in a local server with an S3 interface: conditional writes, races, hidden keys."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.columns import Source
from sync.county import hub as county_hub
from sync.county import rows, store, upkeep
from sync.county.config import ConfigError, load
from sync.county.lake import Entry, Lake, LakeError, Stream
from sync.county.place import Place
from sync.county.settings import Store
from tests.sync.county.conftest import Office, Writer

A, B = Stream("a" * 16, "e" * 16), Stream("b" * 16, "e" * 16)
T0 = 1_795_000_000_000
SECRET = "wJalrXUtnFEMIsecret"

_SERVER = """
import sys
import threading
from werkzeug.serving import run_simple
from moto.server import DomainDispatcherApplication, create_backend_app

app = DomainDispatcherApplication(create_backend_app)

def forgetful(environ, start):
    environ.pop("HTTP_IF_NONE_MATCH", None)  # as stores did before conditional writes
    return app(environ, start)

writing = threading.Lock()

def careful(environ, start):
    if environ["REQUEST_METHOD"] != "PUT":
        return app(environ, start)
    with writing:  # moto looks and writes in two steps, a store that keeps its word in one
        return list(app(environ, start))

run_simple("127.0.0.1", int(sys.argv[1]), forgetful if sys.argv[2] == "forgetful" else careful,
           threaded=True)
"""


def serve(kind: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(port), kind],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                bucket = urllib.request.Request(f"{url}/dorfhub", method="PUT")  # noqa: S310
                urllib.request.urlopen(bucket, timeout=20).close()  # noqa: S310
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    yield from serve("careful")


@pytest.fixture
def settings(server: str, tmp_path: Path) -> Store:
    keys = tmp_path / "s3.toml"
    keys.write_text(f'access_key_id = "AKIDEXAMPLE"\nsecret_access_key = "{SECRET}"\n')
    keys.chmod(0o600)
    return Store(f"s3://dorfhub/{tmp_path.name}", server, credentials=keys)


@pytest.fixture
def lake(settings: Store) -> Lake:
    lake = Lake(Place(settings.uri, store.options(settings)))
    store.create(lake, nonce="t")
    return lake


def entry(seq: int) -> Entry:
    times = [T0 + seq * 1000 + n for n in range(3)]
    return Entry(seq, rows.of([Source("mbus:A", times, [4] * 3, {"energy": [seq, 1.5, None]})]))


def test_rows_positions_upkeep_and_erasure(lake: Lake) -> None:
    lake.commit({A: [entry(1)], B: [entry(1), entry(2)]})
    assert lake.commit({A: [entry(1), entry(2)]}).segments == 1
    assert lake.positions([A, B]) == {A: 2, B: 2}
    assert upkeep.compact(lake).files_after == 2
    assert lake.rows() == 8
    assert lake.erase(A.hub, "mbus:A").rows == 4
    assert upkeep.vacuum(lake, keep_hours=0) >= 3
    table = lake.open().to_pyarrow_table()
    assert set(table["hub"].to_pylist()) == {B.hub}
    assert lake.positions([A, B]) == {A: 2, B: 2}


_RACER = """
import sys
from pathlib import Path
from sync.columns import Source
from sync.county import rows, store
from sync.county.lake import Entry, Lake, Stream
from sync.county.place import Place
from sync.county.settings import Store

settings = Store(sys.argv[1], sys.argv[2], credentials=Path(sys.argv[3]))
lake, stream = Lake(Place(settings.uri, store.options(settings))), Stream(sys.argv[4], "e" * 16)
print("ready", flush=True)
sys.stdin.readline()
for seq in range(1, 6):
    source = Source("mbus:A", [1_795_000_000_000 + seq], [4], {"energy": [float(seq)]})
    done = lake.commit({stream: [Entry(seq, rows.of([source]))]})
    assert done.positions[stream] >= seq
"""


def test_three_processes_race_over_the_same_segments(lake: Lake, settings: Store) -> None:
    racers = [
        subprocess.Popen(
            [
                *(sys.executable, "-c", textwrap.dedent(_RACER)),
                *(settings.uri, settings.endpoint, str(settings.credentials), hub * 16),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for hub in "aab"
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    for racer in racers:
        racer.communicate(timeout=150)
        assert racer.returncode == 0
    table = lake.open().to_pyarrow_table()
    found = sorted(zip(table["hub"].to_pylist(), table["seq"].to_pylist(), strict=True))
    assert found == [(hub * 16, seq) for hub in "ab" for seq in range(1, 6)]


def test_a_store_that_ignores_the_condition_is_refused(settings: Store) -> None:
    for url in serve("forgetful"):
        forgetful = Store(settings.uri, url, credentials=settings.credentials)
        lake = Lake(Place(forgetful.uri, store.options(forgetful)))
        with pytest.raises(LakeError, match="If-None-Match"):
            store.create(lake, nonce="t")
        with pytest.raises(LakeError, match="no lake"):
            lake.rows()


def test_the_configuration_names_place_and_keys_and_no_key_is_said(
    settings: Store, tmp_path: Path
) -> None:
    made = county_hub.create(tmp_path / "kreis", "Kreis")
    text = made.source.read_text()
    made.source.write_text(
        text + f'\n[county.lake]\nuri = "{settings.uri}-c"\nendpoint = "{settings.endpoint}"\n'
        'credentials = "../s3.toml"\n'
    )
    process = subprocess.run(
        [
            *(sys.executable, "-m", "sync", "county", "upkeep", "--create"),
            *("--county", str(made.source)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    assert settings.uri in process.stdout
    with county_hub.open_county(made.source) as county:
        assert county.lake.rows() == 0
        said = f"{county} {county.lake.place} {process.stdout} {process.stderr}"
    assert SECRET not in said
    gone = Place("s3://absent/x", store.options(settings))
    with pytest.raises(LakeError) as caught:
        Lake(gone).rows()
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_county_takes_serves_and_answers_from_the_object_store(
    settings: Store, tmp_path: Path, writer: Writer, stick: Path
) -> None:
    made = county_hub.create(tmp_path / "kreis", "Kreis")
    made.source.write_text(
        f'{made.source.read_text()}\n[county.lake]\nuri = "{settings.uri}-s"\n'
        f'endpoint = "{settings.endpoint}"\ncredentials = "../s3.toml"\n'
        "[county.jobs]\nhealth_min = 1\n"
    )
    program = (sys.executable, "-m", "sync", "county")
    county = ("--county", str(made.source))

    def run(*command: str) -> str:
        done = subprocess.run(
            [*program, *command, *county], capture_output=True, text=True, check=False, timeout=150
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("upkeep", "--create")
    with county_hub.open_county(made.source) as opened:
        Office(opened).know(writer)
    writer.add(3)
    writer.write(stick, 0, 3)
    assert json.loads(run("import", str(stick), "--json"))["rows"] == 9
    process = subprocess.Popen([*program, "serve", "--port", "0", *county])
    try:
        beat, parts = made.state / "run" / "county.json", {}
        deadline = time.monotonic() + 120
        while parts.get("health") != "ok" or parts.get("pull") != "ok":
            assert process.poll() is None
            assert time.monotonic() < deadline, parts
            time.sleep(0.2)
            if beat.is_file():
                said = json.loads(beat.read_text())["parts"]
                parts = {part["name"]: part["state"] for part in said}
        (found,) = map(json.loads, run("query", "hubs").splitlines())
        assert (found["hub"], found["rows"], found["sum"]) == (writer.id, 9, 18.9)
    finally:
        process.terminate()
        process.wait(60)
    assert process.returncode == 0
    assert Lake(made.lake).rows() == 0  # nothing of it lies on this machine


def test_keys_that_others_can_read_or_that_are_wrong_are_refused(
    settings: Store, tmp_path: Path
) -> None:
    file = settings.credentials
    assert file is not None
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="others") as caught:
        store.options(settings)
    assert "chmod" in caught.value.hint
    file.chmod(0o600)
    for text in (f'x = "{SECRET}', f'access_key_id = "{SECRET}"', "[a]\n"):
        file.write_text(text)
        with pytest.raises(ConfigError) as caught:
            store.options(settings)
        assert SECRET not in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        store.options(Store("s3://a/b", credentials=tmp_path / "absent"))


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ('[county.lake]\nuri = "http://a/b"', "s3://"),
        ('[county.lake]\nuri = "s3://key:secret@a/b"', "without a key"),
        ('[county.lake]\nendpoint = "http://a"', "uri is missing"),
        ('[county.lake]\nuri = "s3://a/b"\nendpoint = "http://k:s@h"', "endpoint"),
        ('[county.engine]\nray = "somewhere"', "ray"),
        ('[county.engine]\nspark = "x"', "spark"),
        ("[county.web]\nport = 0", "port"),
        ('[county.web]\nhost = "a b"', "host"),
        ("[county.web]\nsecure = 1", "secure"),
        ("[county.jobs]\npull_min = -1", "pull_min"),
        ('[county.places]\n"x" = "Laubach"', "places"),
        ('[county.places]\n"0123456789abcdef" = "Atlantis"', "places"),
    ],
)
def test_wrong_tables_are_named(tmp_path: Path, table: str, wrong: str) -> None:
    file = tmp_path / "county.toml"
    file.write_text(f'[county]\nname = "Kreis"\n{table}\n')
    with pytest.raises(ConfigError, match=wrong):
        load(file)
