"""In the guest: a process that has loaded the collector and forks a hub for each line it reads.

A line is the program's arguments, in JSON; the answer is the process's number. Emulated, loading
takes some twenty seconds and forking none. What runs is `dorfhub run collector` all the same, a
process of its own; it is killed whole.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys

from hardware.profiles.registry import shipped
from sync.cli import root

LATE = (  # what the program imports only when it needs it
    "bleak.backends.bluezdbus.client",
    "bleak.backends.bluezdbus.scanner",
    "edge.collect.main",
    "edge.commands.init",
    "edge.commands.run",
    "edge.store.personal",
    "hardware.radio.bluez",
    "hardware.radio.recorder",
    "hardware.radio.strict",
    "pyrage",
    "sqlcipher3.dbapi2",
    "sqlite_utils",
)

for name in LATE:
    importlib.import_module(name)
shipped()
gc.freeze()  # or the children's first collection would copy every page
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries them
print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        root(args=json.loads(line), prog_name="dorfhub")
    print(pid, flush=True)
