"""The user channel without a kernel that has Bluetooth: every refusal says what to do.

The channel itself is for the virtual machine.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from pathlib import Path

import pytest

from hardware.errors import TransportError
from hardware.radio import strict
from hardware.radio.open import open_radio


def refusal(tmp_path: Path, adapter: str = "hci0") -> TransportError:
    async def main() -> TransportError:
        radio = open_radio("strict", adapter, tmp_path / "bonds.json")
        assert radio.confirms_after_handler
        with pytest.raises(TransportError) as caught:
            await radio.start()
        await radio.stop()
        return caught.value

    return asyncio.run(main())


def test_python_without_bluetooth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_BLUETOOTH", raising=False)
    error = refusal(tmp_path)
    assert "without Bluetooth sockets" in str(error)
    assert "/usr/bin/python3" in error.hint


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (errno.EBUSY, "systemctl disable"),
        (errno.EPERM, "CAP_NET_ADMIN"),
        (errno.EACCES, "CAP_NET_ADMIN"),
        (errno.ENODEV, "anstecken"),
        (errno.ERFKILL, "rfkill"),
        (errno.EAFNOSUPPORT, "Kernel"),
        (errno.EIO, "neu starten"),
    ],
)
def test_kernel_that_refuses(
    code: int, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def open_user_channel(number: int) -> None:
        assert number == 1
        raise OSError(code, "no")

    monkeypatch.setattr(socket, "AF_BLUETOOTH", 31, raising=False)
    monkeypatch.setattr(strict, "open_user_channel", open_user_channel)
    error = refusal(tmp_path, "hci1")
    assert "hci1" in str(error)
    assert word in error.hint


@pytest.mark.parametrize("adapter", ["", "hci", "hcix", "tcp:127.0.0.1:1"])
def test_names_that_are_no_adapters(adapter: str, tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="no adapter") as caught:
        open_radio("strict", adapter, tmp_path / "bonds.json")
    assert "hci0" in caught.value.hint
