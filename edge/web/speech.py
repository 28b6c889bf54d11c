"""Pages read aloud by espeak-ng, a program of Debian's that runs on the hub.

It is started with a list of arguments, gets its text on standard input, and is stopped if it takes
too long. What it spoke of pages that are the same for everybody is kept a while in `run/`, which
is memory on the Pi; what it spoke of somebody's own pages is kept nowhere.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from edge.web.readable import Piece

PROGRAM = "espeak-ng"
VOICES = {"de": "de", "en": "en-gb", "uk": "uk", "tr": "tr", "ar": "ar"}
RATE_HZ = 22_050  # espeak-ng's own, one channel of 16 bits
WORDS_A_MINUTE = 135  # slower than its usual 175: it is listened to by people who read slowly
SLOW_WORDS_A_MINUTE = 115
PIECE_S = 20  # a piece takes 0.2 s on a desk, a second on a Pi
TALKS = 4  # each holds a thread and, now and then, a core
KEPT_BYTES = 12 * 1024 * 1024  # four minutes of sound; `run/` is 64 MB on the Pi
_ENDLESS = 0x7FFF_F000  # as long as a header can say: the length is not known at the start
_HEADER_BYTES = 44


class Busy(Exception):
    """As many people listen as the hub can speak to."""


class Speech:
    """The hub's voice. ``folder`` is where sound is kept a while."""

    def __init__(self, folder: Path, program: str = PROGRAM) -> None:
        self._folder = folder
        self._program = program
        self._talks = threading.BoundedSemaphore(TALKS)

    @property
    def is_there(self) -> bool:
        """Whether the program is installed."""
        return shutil.which(self._program) is not None

    def wav(self, pieces: Sequence[Piece], *, keep: bool, slow: bool = False) -> Iterator[bytes]:
        """Return a WAV file piece by piece.

        ``keep`` if the text is the same for everybody.

        :raises Busy: at once, if too many listen.
        """
        if not self._talks.acquire(blocking=False):
            raise Busy
        return self._talk(pieces, keep=keep, slow=slow)

    def _talk(self, pieces: Sequence[Piece], *, keep: bool, slow: bool) -> Iterator[bytes]:
        try:
            yield _header()
            for piece in pieces:
                yield self._sound(piece, keep=keep, slow=slow)
        finally:
            self._talks.release()

    def _sound(self, piece: Piece, *, keep: bool, slow: bool) -> bytes:
        voice = VOICES.get(piece.lang.split("-")[0], VOICES["de"])
        text = piece.text.replace("[[", "[ [")  # two brackets would begin phonemes
        name = hashlib.sha256(f"{voice}\0{slow}\0{text}".encode()).hexdigest()
        file = self._folder / f"{name}.pcm"
        with suppress(OSError):
            sound = file.read_bytes()
            file.touch()
            return sound
        pace = SLOW_WORDS_A_MINUTE if slow else WORDS_A_MINUTE
        command = [self._program, "-v", voice, "-s", str(pace), "-b", "1", "--stdin", "--stdout"]
        try:
            made = subprocess.run(
                command, input=text.encode(), capture_output=True, timeout=PIECE_S, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return b""  # the rest of the page is still read
        sound = made.stdout[_HEADER_BYTES:]
        if keep:
            with suppress(OSError):
                self._keep(file, sound)
        return sound

    def _keep(self, file: Path, sound: bytes) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        kept = sorted(self._folder.glob("*.pcm"), key=lambda one: one.stat().st_mtime, reverse=True)
        room = KEPT_BYTES - len(sound)
        for one in kept:
            room -= one.stat().st_size
            if room < 0:
                one.unlink(missing_ok=True)
        part = file.with_suffix(f".{threading.get_ident()}")
        part.write_bytes(sound)
        part.replace(file)


def _header() -> bytes:
    """Return the header of a WAV file of unknown length."""
    form = struct.pack("<IHHIIHH", 16, 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", _ENDLESS + 36, b"WAVE")
    return riff + b"fmt " + form + struct.pack("<4sI", b"data", _ENDLESS)
