"""In the guest: kills of the hub and breaks of its links, on the kernel's own adapter.

The argument is `RADIO:KILLS:BREAKS:SECONDS`, the last for each of the two at most; the radio is
`strict` (the HCI user channel, no bluetoothd), and at last the adapter is pulled out, or `bluez`,
under which a call for help and an adapter that goes deaf follow.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from air import GuestController, adapter, bluetoothd, tell
from cuts import torn
from home import Nursery, Scene
from kills import killed
from plug import pulled
from watch import watch

from hardware.sim.ether import Ether


async def main(kind: str, kills: int, breaks: int, most_s: float) -> None:
    scene = Scene(kind, Ether(), Nursery())
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(scene.nursery.close)
        async with adapter(scene.ether) as controller, daemon(kind, controller):
            # meanwhile the kernel switches an adapter off again that nobody wants
            await asyncio.to_thread(scene.nursery.wait_ready)
            await killed(scene, kills, 11, most_s)
            await torn(scene, breaks, 21, most_s)
            tell("adapter", refused=controller.kernel.refused)
            if kind == "bluez":
                await watch(scene, controller)
        if kind == "strict":
            await pulled(scene, 31)


def daemon(kind: str, controller: GuestController) -> contextlib.AbstractAsyncContextManager[None]:
    """Run bluetoothd if the radio needs it."""
    return bluetoothd(controller) if kind == "bluez" else contextlib.nullcontext()


radio, *counts = sys.argv[1].split(":")
asyncio.run(main(radio, *map(int, counts)))
