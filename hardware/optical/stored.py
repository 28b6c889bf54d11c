"""A readout out of the bytes that were kept of it, as they came over the optical head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hardware.errors import DecodeError
from hardware.optical import iec62056, iec62056_data, kmp, kmp_registers
from hardware.optical.session import Readout


def decode_iec62056(payload: bytes) -> Readout:
    """Return what an identification and its data block say.

    :raises FrameError: if there are bytes that belong to neither.
    :raises DecodeError: if one of both is missing, or the block breaks the syntax.
    """
    receiver = iec62056.Receiver()
    events = list(receiver.feed(payload))
    receiver.idle()
    if len(events) != 2:
        raise DecodeError(f"{len(events)} messages instead of an identification and a block")
    who, block = events
    if not isinstance(who, iec62056.Identification) or not isinstance(block, iec62056.Block):
        raise DecodeError("no block follows an identification")
    return iec62056_data.decode(block.raw, manufacturer=who.manufacturer.upper(), before=(who.raw,))


def decode_kmp(payload: bytes) -> Readout:
    """Return what the answers to GetSerialNo and GetRegister say.

    :raises FrameError: if there are bytes that belong to no frame.
    :raises DecodeError: if other answers stand there, or do not hold whole registers.
    """
    receiver = kmp.Receiver()
    frames = list(receiver.feed(payload))
    receiver.idle()
    commands = [frame.command for frame in frames]
    if commands[:1] != [kmp.GET_SERIAL_NUMBER] or set(commands[1:]) != {kmp.GET_REGISTER}:
        raise DecodeError("no serial number with registers behind it")
    return kmp_registers.decode(
        frames[0].data,
        [frame.data for frame in frames[1:]],
        raw=tuple(frame.raw for frame in frames),
    )


DECODERS: Mapping[str, Callable[[bytes], Readout]] = MappingProxyType(
    {"iec62056": decode_iec62056, "kmp": decode_kmp}
)
