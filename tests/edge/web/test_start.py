"""What the web process loads at its start, before anybody asked for anything."""

from __future__ import annotations

import subprocess
import sys

import pytest

# each is some megabytes, on a Pi that has few of them
LATER = ("argon2", "cryptography", "edge.store.personal", "PIL", "pyrage", "sqlcipher3", "typst")


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    program = "import sys, edge.web.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("name", LATER)
def test_what_few_pages_need_is_loaded_when_they_are_asked_for(loaded: set[str], name: str) -> None:
    assert "edge.web.app" in loaded
    assert name not in loaded
