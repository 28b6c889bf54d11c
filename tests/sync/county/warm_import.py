"""The program with its modules loaded: forks a process for each line, which is killed or ends.

    echo '["county", "import", "/media/usb"]' | python warm_import.py

Each line is a command's arguments as JSON. What comes back: the process's id, and on the next line
how it ended, as `subprocess` counts. Loading takes longer than an import does; without it, the
kills of many runs meet the import at every of its steps.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from pathlib import Path

from sync.cli import main

MODULES = (
    *("deltalake", "numpy", "pyarrow.parquet", "pyarrow.dataset", "pyarrow.compute"),
    *("sync.commands.county", "sync.county.visits", "sync.county.hub", "sync.county.upkeep"),
)
_FORKABLE = {"jemalloc_bg_thd"}  # the allocator makes itself ready for a fork


def serve() -> None:
    for name in MODULES:
        importlib.import_module(name)
    threads = [(entry / "comm").read_text().strip() for entry in Path("/proc/self/task").iterdir()]
    unsafe = [name for name in threads if name not in _FORKABLE]
    if len(unsafe) > 1:  # the one that forks is no danger
        sys.exit(f"a process with threads {unsafe} cannot be forked")
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _run(json.loads(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(arguments: list[str]) -> None:
    """Be the program, whose words nobody reads; never return."""
    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        sys.argv[1:] = arguments
        main()
    except SystemExit as error:
        code = int(error.code or 0)
    except BaseException:  # noqa: BLE001 - the process ends here, and says why
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
