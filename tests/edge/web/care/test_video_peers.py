"""Picture from one peer to the other on loopback, with the served hub as the only thing between."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.edge.web.care.conversation import Peer, talking_app
from tests.hall import served

aiortc = pytest.importorskip("aiortc")

PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def loopback_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test open a port on a line that others are on."""
    from aioice import ice  # noqa: PLC0415 - with aiortc

    monkeypatch.setattr(ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


async def until(peer: Peer, kind: str) -> str:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        for said, text in peer.hear() or []:
            if said == kind:
                return text
        await asyncio.sleep(0.1)
    raise TimeoutError(kind)


def connection() -> object:
    return aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))


async def talk(caller: Peer, callee: Peer) -> tuple[int, int]:
    """Connect both and return the size of the first picture that the callee sees."""
    from aiortc.mediastreams import VideoStreamTrack  # noqa: PLC0415

    here, there = connection(), connection()
    seen: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()

    async def look(track: object) -> None:
        frame = await track.recv()  # type: ignore[attr-defined]
        seen.set_result((frame.width, frame.height))

    looking: list[asyncio.Task[None]] = []
    there.on("track", lambda track: looking.append(asyncio.ensure_future(look(track))))  # type: ignore[attr-defined]
    here.addTrack(VideoStreamTrack())  # type: ignore[attr-defined]
    try:
        callee.say("ready")
        await until(caller, "ready")
        await here.setLocalDescription(await here.createOffer())  # type: ignore[attr-defined]
        caller.say("offer", here.localDescription.sdp)  # type: ignore[attr-defined]
        offer = await until(callee, "offer")
        assert "127.0.0.1" in offer
        await there.setRemoteDescription(aiortc.RTCSessionDescription(offer, "offer"))  # type: ignore[attr-defined]
        await there.setLocalDescription(await there.createAnswer())  # type: ignore[attr-defined]
        callee.say("answer", there.localDescription.sdp)  # type: ignore[attr-defined]
        answer = await until(caller, "answer")
        await here.setRemoteDescription(aiortc.RTCSessionDescription(answer, "answer"))  # type: ignore[attr-defined]
        return await asyncio.wait_for(seen, PATIENCE_S)
    finally:
        await here.close()  # type: ignore[attr-defined]
        await there.close()  # type: ignore[attr-defined]
        await asyncio.gather(*looking, return_exceptions=True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_peers_see_each_other_through_the_hub(tmp_path: Path) -> None:
    app = talking_app(tmp_path)
    with served(app) as port:
        caller, callee = (Peer(f"http://127.0.0.1:{port}") for _ in range(2))
        callee.accept(caller.call(app))
        assert asyncio.run(talk(caller, callee)) == (640, 480)
        callee.hang_up()
        assert caller.hear() is None
