"""Every way out of the village by itself: the network, calls to the county, sticks, a bus.

`dorfhub run sync` looks every two seconds. How each way goes is written to ``road`` in
`village.db`, for the terminal's page and `dorfhub sync status`, when it changes.
"""

from __future__ import annotations

import queue
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Self

from edge.process.heartbeat import Part
from edge.process.log import Log
from edge.store.village_rows import Road, RoadState
from sync import identity, replies
from sync.discovery import Advertisement, BusWatch, own_addresses
from sync.line.calling import Caller, CallState, trusting
from sync.line.door import Door
from sync.node import Node
from sync.rotation import Rotation
from sync.stickwatch import StickWatch
from sync.tls import Contexts

CALL = "call"
_INTERRUPTED = "Die Übertragung wurde unterbrochen."
_AGAIN = "Es geht nichts verloren: einfach noch einmal."
_HINTS = {
    "unresolved": "Namen unter [sync] calls und den Namensdienst prüfen.",
    "unreachable": "Ist das Netzwerkkabel gesteckt, läuft der Router?",
    "refused": "Beim Landkreis nachfragen, ob „dorfhub county listen“ läuft.",
    "timeout": "Leitung und Adresse prüfen; der Hub versucht es von selbst weiter.",
    "cut": "Nichts geht verloren; der Hub ruft von selbst wieder an.",
}


class Roads:
    """All ways of one hub, from construction until :meth:`close`. One thread uses it."""

    def __init__(self, node: Node, door: Door, contexts: Contexts, port: int, log: Log) -> None:
        self._node, self._log, self._port = node, log, port
        self._door = door
        self._said: queue.SimpleQueue[CallState] = queue.SimpleQueue()
        self._callers = [
            Caller(
                address,
                door.inside,
                contexts,
                trusting(self._confirmed, self._learn, node.peers.key_of),
                changed=self._said.put,
                log=log,
            )
            for address in node.config.sync.calls
        ]
        node.village.drop_roads(CALL, node.config.sync.calls)
        for road in node.village.roads():
            if road.kind != CALL and road.state == "busy":  # we were ended in the middle of it
                node.village.put_road(
                    replace(road, state="bad", code="cut", message=_INTERRUPTED, hint=_AGAIN)
                )
        self._calls = {one.state.address: one.state for one in self._callers}
        self._addresses: frozenset[str] = frozenset()
        self._advertisement: Advertisement | None = None
        self._stack = ExitStack()
        self._bus: BusWatch | None = None
        self._sticks = StickWatch(node, log) if node.config.sync.sticks else None
        for caller in self._callers:
            door.loop.start(caller.run())
        if self._sticks is not None:
            self._stack.enter_context(self._sticks)

    def look(self) -> list[Part]:
        """See what has changed, note it, and return the parts of the process's sign of life.

        :raises StoreError: if it cannot be noted.
        """
        self._look_at_network()
        while not self._said.empty():
            state = self._said.get()
            self._calls[state.address] = state
            self._node.village.put_road(_road(state))
        if self._sticks is not None:
            self._sticks.look()
        return [*self._mdns(), *map(_part, self._calls.values())]

    def departing(self) -> bool:
        """Tell if something has come that leaves soon: then all that waits is sealed at once."""
        bus = self._bus is not None and self._bus.arrived()
        if bus:
            self._log.info("bus-here")
        return bus or (self._sticks is not None and self._sticks.came())

    def close(self) -> None:
        """End it all. Closing twice does nothing."""
        self._stack.close()
        for one in (self._advertisement, self._bus):
            if one is not None:
                one.close()
        self._advertisement = self._bus = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _look_at_network(self) -> None:
        """Say anew where we are, and call anew, when a line has come up or got another address.

        zeroconf does not notice by itself, and its makers leave that to the program.
        """
        here = own_addresses()
        if here == self._addresses:
            return
        first, self._addresses = not self._addresses, here
        if not first:
            self._log.info("network-changed", addresses=len(here))
            for caller in self._callers:
                self._door.loop.do(caller.nudge)
        place = self._node.config.sync
        if not place.advertise:
            return
        for old in (self._advertisement, self._bus):
            if old is not None:
                old.close()
        hub_id = identity.short_id(self._node.identity.name)
        self._advertisement = Advertisement(hub_id, place.host, self._port, self._log)
        self._bus = BusWatch(self._log)

    def _mdns(self) -> list[Part]:
        if self._advertisement is None:
            return []
        problem = self._advertisement.problem
        return [Part("mdns", "degraded" if problem else "ok", problem)]

    def _confirmed(self) -> Sequence[bytes]:
        return [peer.public_key for peer in self._node.peers.all() if peer.confirmed]

    def _learn(self, chain: Sequence[Rotation]) -> None:
        node = self._node
        now_ms = node.clock.stamp().wall_ms
        replies.learn(chain, node.outbox, node.peers, now_ms)


def _road(state: CallState) -> Road:
    how: RoadState = "good" if state.code == "ok" else "bad"
    if state.code == "calling":
        how = "busy"
    message = state.message or "Die Leitung zum Landkreis steht; er kann jederzeit abholen."
    hint = _HINTS.get(state.code, "")
    return Road(state.address, CALL, how, state.code, message, hint, state.at, state.last_good_at)


def _part(state: CallState) -> Part:
    word = {"ok": "ok", "calling": "starting"}.get(state.code, "degraded")
    return Part(f"call:{state.address}", word, state.message)
