from __future__ import annotations

import os
import socket
import sys

import pytest

from edge.process.ports import can_listen, holder


def test_a_free_and_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not can_listen("127.0.0.1", port)
        if sys.platform.startswith("linux"):
            found = holder(port)
            assert found is not None
            assert found.pid == os.getpid()
            assert "python" in found.command or "pytest" in found.command
    assert can_listen("127.0.0.1", port)
    assert holder(port) is None


def test_an_address_of_somebody_else() -> None:
    with pytest.raises(OSError, match="assign"):
        can_listen("192.0.2.1", 0)
