"""The most memory this process ever held.

Not ``ru_maxrss``: over an exec the kernel hands a child the peak of the process that started it,
so that a small program under a large test run says what the test run weighs.
"""

from __future__ import annotations

from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_kib() -> int:
    """Return the peak resident set in KiB (``VmHWM``, proc_pid_status(5))."""
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
