"""A stick at the hub: what the county laid there taken, signed for, and our word laid in return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sync import carried, carrying, erasing, stick_in
from sync.bundle import Manifest
from sync.carrier import delivery
from sync.carrier.folder import ROOT
from sync.custody import Act
from sync.errors import SyncError
from sync.identity import short_id
from sync.inflow import Taken
from sync.node import Node, word
from sync.peers import Peer


def take(node: Node, folder: Path, name: str) -> Iterator[tuple[Peer, Path, Taken | SyncError]]:
    """Take what the county wrote and who carried it; sign for each bundle that holds.

    ``name`` is what people call the stick.

    :raises CarrierError: if the medium cannot be read.
    """
    now_ms = node.clock.stamp().wall_ms
    for peer, file, found in stick_in.take(
        node.inflow, folder, node.identity.name, way=name, now_ms=now_ms
    ):
        if isinstance(found, Taken):
            sign(node, file, name, Act.GIVEN)
        yield peer, file, found
    node.book.add(delivery.read_receipts(folder / ROOT), now_ms)


def lay(node: Node, folder: Path) -> Iterator[Path]:
    """Lay on the stick how far we have the county's streams, and who carried what.

    Bundles that lie there give up what was erased here since; yield their files.

    :raises CarrierError: if the medium is full, read-only or fails.
    """
    if not (folder / ROOT).is_dir():  # nothing was written: leave a stranger's stick alone
        return
    yield from purge(node, folder)
    for peer in node.inflow.counties():
        stick_in.lay_word(folder, node.identity.name, peer.public_key, word(node, peer.public_key))
    if receipts := [one.raw for one in node.book.all()][-stick_in.FOR_A_STICK :]:
        delivery.write_receipts(folder / ROOT, receipts)


def purge(node: Node, folder: Path) -> Iterator[Path]:
    """Take out of our bundles on a stick what was erased here since; yield their files.

    :raises CarrierError: if the medium is full, read-only or fails.
    """
    place = folder / ROOT / short_id(node.identity.name)
    for manifest, path in carried.purge(place, erasing.erased_bodies(node.connection)):
        ended(node, manifest, folder)
        yield path


def ended(node: Node, manifest: Manifest, folder: Path) -> None:
    """Sign that the copy of a bundle on the stick in ``folder`` is gone, by all its names.

    Where several sticks took the same bundle along, only by the name that this one has here: of the
    others nobody knows.
    """
    known = [one for one in node.book.all() if one.digest == manifest.digest]
    took = {one.name for one in known if one.act is Act.TAKEN and one.carrier == node.identity.name}
    here = carrying.stick_name(folder)
    names = {one.name for one in known}
    if len(took) > 1:
        names = {one for one in took if one == here or one.startswith(f"{here}, ")}
    for name in names:
        carrying.note_manifest(
            node.book,
            node.identity,
            manifest,
            name=name,
            act=Act.ERASED,
            stamp=node.clock.stamp(),
        )


def sign(node: Node, file: Path, name: str, act: Act) -> None:
    """Sign that the stick took or gave a bundle, once."""
    stamp = node.clock.stamp()
    carrying.note(node.book, node.identity, file, name=name, act=act, stamp=stamp)
