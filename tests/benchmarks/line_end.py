"""One end of `line_relay`: a TUN device in this namespace, then a command that uses it.

    python -m tests.benchmarks.line_end SOCKET ADDRESS COMMAND...

SOCKET is the number of an inherited Unix socket: the device goes to the relay through it, then
it waits for a byte and becomes COMMAND. To be started in a network namespace of its own.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys

_TUNSETIFF = 0x400454CA
_TUN, _NO_HEADER = 0x0001, 0x1000
_MTU = 1400  # of a mobile line


def main() -> None:
    """Hand the device over and become the command."""
    number, address, *command = sys.argv[1:]
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", b"line", _TUN | _NO_HEADER))
    for arguments in (
        ("link", "set", "lo", "up"),
        ("addr", "add", f"{address}/24", "dev", "line"),
        ("link", "set", "line", "mtu", str(_MTU), "up"),
    ):
        subprocess.run(["ip", *arguments], check=True)
    with socket.socket(fileno=int(number)) as relay:
        socket.send_fds(relay, [b"."], [device])
        if not relay.recv(1):
            raise SystemExit("the relay is gone")
    os.execvp(command[0], command)  # noqa: S606 - the benchmark's own


if __name__ == "__main__":
    main()
