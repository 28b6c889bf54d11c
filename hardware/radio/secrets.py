"""HCI packets without the keys in them: a recording must not hold what opens the air.

Only the bytes of a key are made zero; lengths and all else stay, so that whoever reads the
recording finds every packet where it was.

Source: Bluetooth Core 5.4, Vol 4 Part E, 5.4.2, 7.8.24, 7.8.25, 7.8.38, 7.1.11; Vol 3 Part H, 3.6.
"""

from __future__ import annotations

from hardware.hci.btsnoop import Kind

# Commands by opcode: where keys lie behind the four bytes of type, opcode and length.
_COMMANDS: dict[int, slice] = {
    0x2019: slice(12, 28),  # LE Enable Encryption: handle, random number, diversifier, then the key
    0x201A: slice(2, 18),  # LE Long Term Key Request Reply: handle, then the key
    0x2017: slice(0, 16),  # LE Encrypt: its key; the stack may hash with it
    0x2027: slice(7, 39),  # LE Add Device To Resolving List: peer's and own identity keys
    0x040B: slice(6, 22),  # Link Key Request Reply
}
_SMP = 6
_OPCODES = {  # the security manager's messages that are a key, and where it lies in them
    0x06: slice(1, 17),  # Encryption Information: the long term key
    0x07: slice(1, 11),  # Central Identification: diversifier and random number, its name
    0x08: slice(1, 17),  # Identity Information: what resolves private addresses
    0x0A: slice(1, 17),  # Signing Information
}
_CONTINUES = 0x01


class Blanker:
    """Takes packets in their order, type byte first, and gives them back without keys."""

    def __init__(self) -> None:
        # of messages in pieces, by (handle, direction): where the key lies, and how far they came
        self._open: dict[tuple[int, bool], tuple[slice, int]] = {}

    def blank(self, packet: bytes, *, received: bool) -> bytes:
        """Return the packet, its keys made zero."""
        kind = packet[:1]
        if kind == bytes((Kind.COMMAND,)):
            place = _COMMANDS.get(int.from_bytes(packet[1:3], "little"))
            return packet if place is None else _zero(packet, place, 4)
        if kind == bytes((Kind.ACL,)):
            return self._acl(packet, received=received)
        return packet

    def _acl(self, packet: bytes, *, received: bool) -> bytes:
        first = int.from_bytes(packet[1:3], "little")
        which, data = (first & 0x0FFF, received), packet[5:]
        if first >> 12 & 0x03 != _CONTINUES:
            self._open.pop(which, None)
            if int.from_bytes(data[2:4], "little") != _SMP:
                return packet
            # a piece that ends before the opcode says nothing: then all that may be a key goes
            place = _OPCODES.get(data[4]) if len(data) > 4 else slice(1, 17)
            if place is None:
                return packet
            self._begin(which, place, len(data) - 4)
            return _zero(packet, place, 9)
        if which not in self._open:
            return packet
        place, behind = self._open[which]
        self._begin(which, place, behind + len(data))
        return _zero(packet, place, 5 - behind)

    def _begin(self, which: tuple[int, bool], place: slice, behind: int) -> None:
        """Remember a message that is not whole; at most one for each of 4096 handles."""
        if behind < place.stop:
            self._open[which] = (place, behind)
        else:
            self._open.pop(which, None)


def _zero(packet: bytes, place: slice, offset: int) -> bytes:
    """Return the packet with the bytes of ``place``, counted from ``offset``, zero."""
    begin = max(offset + place.start, 5 if packet[0] == Kind.ACL else 4)
    end = min(offset + place.stop, len(packet))
    return packet if begin >= end else packet[:begin] + bytes(end - begin) + packet[end:]
