"""`python -m tests.datasette_plugins.deutsch.upstream`: note the templates ours were made from.

Run it after a new Datasette, when its changes were looked at and taken over where they matter.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import datasette
import datasette_deutsch

NOTED = Path(__file__).with_name("upstream.toml")
OURS = Path(datasette_deutsch.__file__).parent / "templates"
THEIRS = Path(datasette.__file__).parent / "templates"


def noted() -> dict[str, dict[str, str]]:
    """Return what was noted: `overridden` and `left`, each a hash by the template's name."""
    return tomllib.loads(NOTED.read_text("utf-8"))


def installed() -> dict[str, dict[str, str]]:
    """Return the same for the Datasette that is installed."""
    found: dict[str, dict[str, str]] = {"overridden": {}, "left": {}}
    for file in sorted(THEIRS.glob("*.html")):
        part = "overridden" if (OURS / file.name).exists() else "left"
        found[part][file.name] = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    return found


def main() -> None:
    """Write the file anew."""
    lines = ["# Written by upstream.py beside it: hashes of the templates of Datasette."]
    for part, files in installed().items():
        lines += ["", f"[{part}]"]
        lines += [f'"{name}" = "{digest}"' for name, digest in files.items()]
    NOTED.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
