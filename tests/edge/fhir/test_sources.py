"""The definitions that are carried along are what `.ci/vendor_fhir.py` wrote, and all readable."""

import hashlib
import json
import tomllib
import zipfile
from pathlib import Path

from edge.fhir.definitions import standard
from edge.fhir.fhirpath_text import Unreadable, parse

FOLDER = Path(__file__).resolve().parents[3] / "edge/fhir/r4"

# What of R4 and its own profiles is in no expression that can be read here.
UNREADABLE: set[str] = set()


def test_the_files_are_those_that_were_written_down() -> None:
    sources = tomllib.loads((FOLDER / "SOURCES.toml").read_text("utf-8"))
    assert set(sources) == {one.name for one in FOLDER.iterdir()} - {"SOURCES.toml"}
    for name, source in sources.items():
        digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
        assert digest == source["sha256"], name


def test_every_definition_makes_a_tree_and_every_invariant_can_be_read() -> None:
    unreadable = set()
    with zipfile.ZipFile(FOLDER / "definitions.zip") as archive:
        names = [one for one in archive.namelist() if one != "value_sets.json"]
        assert len(names) > 600
        for name in names:
            definition = json.loads(archive.read(name))
            tree = standard().profile(definition["url"])
            assert tree is not None
            for node in (tree, *tree.below()):
                for one in node.constraints:
                    try:
                        parse(one.expression)
                    except Unreadable:
                        unreadable.add(one.key)
    assert unreadable == UNREADABLE
