"""A tap between our own stack and its adapter: every packet goes to a btsnoop file.

The file holds what devices sent in the clear: it stands above the encryption of the air and
beside the sealed journal. The keys of that encryption are made zero in it. So it is made only
where hub.toml names it, readable by the hub's user alone, and it ends at a size.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from bumble.snoop import Snooper
from bumble.transport.common import SnoopingTransport, Transport

from hardware.errors import DecodeError, TransportError
from hardware.hci.btsnoop import HEADER, Reader, encode_packet
from hardware.radio.bumble_stack import OpenHci
from hardware.radio.secrets import Blanker

MAX_BYTES = 256 << 20  # a day of a ward's advertisements; a forgotten recording fills no card
_log = logging.getLogger(__name__)


def recorded(open_hci: OpenHci, path: Path) -> OpenHci:
    """Return what opens the same adapter, with a tap that appends to ``path``.

    :raises TransportError: from what is returned, if the file cannot be written.
    """

    async def open_tapped() -> Transport:
        recorder = Recorder(path)
        try:
            transport = await open_hci()
        except BaseException:
            recorder.close()
            raise
        return SnoopingTransport(transport, recorder, recorder.close)

    return open_tapped


class Recorder(Snooper):
    """The file. If it cannot be written any more, the recording ends and the radio goes on.

    :raises TransportError: if the file cannot be opened, or is something else already.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._blanker = Blanker()
        self._file: int | None = None
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            os.fchmod(self._file, 0o600)
            self._size = _whole(self._file)
            os.ftruncate(self._file, self._size)
            if self._size == 0:
                self._write(HEADER)
        except (OSError, DecodeError) as error:
            self.close()
            raise TransportError(
                f"{path} cannot be used for a recording: {error}",
                hint="In hub.toml unter [radio] bei record eine neue Datei nennen oder record "
                "streichen.",
            ) from error

    def snoop(self, hci_packet: bytes, direction: Snooper.Direction) -> None:
        """Append one packet."""
        received = direction == Snooper.Direction.CONTROLLER_TO_HOST
        packet = self._blanker.blank(bytes(hci_packet), received=received)
        record = encode_packet(packet, received=received, at=datetime.now(UTC))
        if self._file is None:
            return
        if self._size + len(record) > MAX_BYTES:
            _log.warning("the recording %s is full", self._path)
            self.close()
            return
        try:
            self._write(record)
        except OSError as error:
            _log.warning("the recording %s ends here: %s", self._path, error)
            self.close()

    def close(self) -> None:
        """End the recording. Closing twice does nothing."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _write(self, data: bytes) -> None:
        if self._file is None or os.write(self._file, data) != len(data):
            raise OSError("only a part was written")
        self._size += len(data)


def _whole(file: int) -> int:
    """Return how many bytes of the file are whole records: a power cut may have torn the last.

    :raises DecodeError: if it is no recording of ours.
    """
    if os.pread(file, len(HEADER), 0) not in (b"", HEADER):
        raise DecodeError("it holds something else")
    reader, size = Reader(), 0
    while data := os.pread(file, 1 << 16, size):
        size += len(data)
        for _ in reader.feed(data):
            pass
    return size - reader.unread
