"""What a virtual meter says: the registers of a modelled building, or telegrams of a real meter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from hardware.mbus.dif import MANUFACTURER_MORE, Coding
from hardware.mbus.encode import encode_payload, encode_record, encode_telegram
from hardware.mbus.frame import encode_long, parse_long
from hardware.mbus.header import Header
from hardware.reading import Quantity, Register
from hardware.sim.heat import HeatModel, HeatState
from hardware.transport.recording import Direction, RecordingReader

# When every modelled meter was mounted: two programs with one seed then agree on its registers.
INSTALLED = datetime(2026, 1, 1, tzinfo=UTC)

_MOST_TELEGRAMS = 10_000  # of one file, held in memory: 2.6 MB
_DUE = Register(storage=1)


class HeatTelegrams:
    """A heat meter with the record layout of a Landis+Gyr Ultraheat T550.

    ``seed`` is the building and, unless ``header`` says another, the meter's number. The registers
    are those of the moment that is asked for; the access number counts the telegrams that were
    taken.
    """

    def __init__(
        self,
        seed: int,
        *,
        address: int,
        installed: datetime = INSTALLED,
        header: Header | None = None,
    ) -> None:
        self._model = HeatModel(seed, installed)
        self._address = address
        self._header = header or heat_header(seed)

    def current(self, at: datetime) -> bytes:
        """Return the long frame that the meter sends at ``at``."""
        return self.telegram(self.records(at))

    def records(self, at: datetime) -> list[bytes]:
        """Return the data records as of ``at``."""
        return heat_records(self._model.at(at))

    def telegram(self, records: Sequence[bytes]) -> bytes:
        """Return the long frame that carries ``records``."""
        return encode_telegram(encode_payload(self._header, records), address=self._address)

    def advance(self) -> None:
        """Count the access number up."""
        number = ((self._header.access_number or 0) + 1) & 0xFF
        self._header = self._header._replace(access_number=number)

    def restart(self) -> None:
        """Do nothing: there is one telegram."""


class SplitTelegrams:
    """The same meter's records on several telegrams: all but the last say that more follow.

    A reset of the link goes back to the first one, as in real meters.
    """

    def __init__(
        self,
        seed: int,
        *,
        address: int,
        parts: int = 3,
        installed: datetime = INSTALLED,
        header: Header | None = None,
    ) -> None:
        self._whole = HeatTelegrams(seed, address=address, installed=installed, header=header)
        self._parts = parts
        self._part = 0

    def current(self, at: datetime) -> bytes:
        """Return the telegram whose turn it is, as of ``at``."""
        records = self._whole.records(at)
        size = -(-len(records) // self._parts)
        mine = records[self._part * size : (self._part + 1) * size]
        more = bytes((MANUFACTURER_MORE,)) if self._part + 1 < self._parts else b""
        return self._whole.telegram([*mine, more])

    def advance(self) -> None:
        """Go on to the next telegram, after the last to the first."""
        self._part = (self._part + 1) % self._parts
        self._whole.advance()

    def restart(self) -> None:
        """Go back to the first telegram."""
        self._part = 0


class FileTelegrams:
    """Telegrams of real meters in rotation, as they are but for the address.

    ``address`` is written into every frame, None leaves them byte for byte. Afterwards it is
    that of the first frame.

    :raises FrameError: if one of ``frames`` is no whole long frame.
    :raises ValueError: if there is none, or more than ten thousand.
    """

    def __init__(self, frames: Sequence[bytes], *, address: int | None = None) -> None:
        if not 0 < len(frames) <= _MOST_TELEGRAMS:
            raise ValueError(f"a meter needs 1 to {_MOST_TELEGRAMS} telegrams, not {len(frames)}")
        self._frames = [_addressed(frame, address) for frame in frames]
        self._next = 0
        self.address = parse_long(self._frames[0]).address or 0

    @classmethod
    def read(cls, path: Path, *, address: int | None = None) -> FileTelegrams:
        """Read a recording, or lines of hex; what was sent to the meter is left out.

        :raises TransportError: if the file cannot be read.
        :raises RecordingError: if a line is no hex.
        """
        with RecordingReader(path) as lines:
            frames = [line.data for line in lines if line.direction is Direction.RX]
        return cls(frames, address=address)

    def current(self, at: datetime) -> bytes:
        """Return the frame whose turn it is, whenever that may be."""
        del at
        return self._frames[self._next]

    def advance(self) -> None:
        """Go on to the next frame, after the last to the first."""
        self._next = (self._next + 1) % len(self._frames)

    def restart(self) -> None:
        """Do nothing: the frames do not belong together."""


def heat_header(seed: int) -> Header:
    """Return who a modelled meter is."""
    return Header(
        manufacturer="LUG",
        identification=f"{66_000_000 + seed % 1_000_000:08d}",
        version=0x07,
        medium_code=0x04,
        access_number=0,
        status_byte=0,
    )


def heat_records(state: HeatState) -> list[bytes]:
    """Return the data records that show ``state``."""
    return [
        encode_record(Quantity.ENERGY, state.energy_kwh, coding=Coding.BCD8),
        encode_record(Quantity.VOLUME, state.volume_m3, exponent=-2, coding=Coding.BCD8),
        encode_record(Quantity.POWER, state.power_kw, exponent=-1, coding=Coding.BCD6),
        encode_record(
            Quantity.VOLUME_FLOW, state.volume_flow_m3_h, exponent=-3, coding=Coding.BCD6
        ),
        encode_record(
            Quantity.FLOW_TEMPERATURE,
            state.flow_temperature_degc,
            exponent=-1,
            coding=Coding.BCD4,
        ),
        encode_record(
            Quantity.RETURN_TEMPERATURE,
            state.return_temperature_degc,
            exponent=-1,
            coding=Coding.BCD4,
        ),
        encode_record(
            Quantity.TEMPERATURE_DIFFERENCE,
            state.temperature_difference_k,
            exponent=-2,
            coding=Coding.BCD6,
        ),
        encode_record(Quantity.OPERATING_TIME, state.operating_hours, coding=Coding.BCD6),
        encode_record(Quantity.DATETIME, state.at.replace(second=0, microsecond=0, tzinfo=None)),
        encode_record(Quantity.ENERGY, state.due_energy_kwh, coding=Coding.BCD8, register=_DUE),
        encode_record(
            Quantity.VOLUME, state.due_volume_m3, exponent=-2, coding=Coding.BCD8, register=_DUE
        ),
        encode_record(Quantity.DATE, state.due_date, register=_DUE),
    ]


def _addressed(raw: bytes, address: int | None) -> bytes:
    frame = parse_long(raw)
    if address is None or frame.address == address:
        return raw
    control, information = frame.control, frame.control_information
    assert control is not None  # noqa: S101 - `parse_long` gives long frames alone
    assert information is not None  # noqa: S101 - `parse_long` gives long frames alone
    return encode_long(control, address, information, frame.payload)
