"""The hub's voice: real espeak-ng, bounded, and no program where there is none."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest

from edge.web.readable import Piece
from edge.web.speech import KEPT_BYTES, RATE_HZ, TALKS, VOICES, Busy, Speech

TEXT = (Piece("de", "Guten Tag, dies ist eine Probe."),)


@pytest.fixture
def speech(tmp_path: Path) -> Speech:
    speech = Speech(tmp_path / "speech")
    if not speech.is_there:
        pytest.skip("espeak-ng is not installed")
    return speech


def sound(speech: Speech, pieces: tuple[Piece, ...], *, keep: bool = True) -> bytes:
    return b"".join(speech.wav(pieces, keep=keep))


@pytest.mark.parametrize("code", sorted(VOICES))
def test_every_language_has_a_voice(speech: Speech, code: str) -> None:
    text = {"uk": "Добрий день", "ar": "مرحبا", "tr": "Merhaba"}.get(code, "Hello")
    made = sound(speech, (Piece(code, text),))
    with wave.open(io.BytesIO(made[:44])) as header:
        assert (header.getframerate(), header.getnchannels(), header.getsampwidth()) == (
            RATE_HZ, 1, 2,
        )  # fmt: skip
    samples = memoryview(made[44 : 44 + (len(made) - 44) // 2 * 2]).cast("h")
    assert len(samples) > RATE_HZ / 4
    assert max(samples) > 1000


def test_what_is_everybodys_is_kept_and_what_is_somebodys_is_not(
    speech: Speech, tmp_path: Path
) -> None:
    sound(speech, TEXT, keep=False)
    assert not (tmp_path / "speech").exists()
    first = sound(speech, TEXT)
    (kept,) = (tmp_path / "speech").iterdir()
    kept.write_bytes(b"\0\0" * 10)
    assert len(sound(speech, TEXT)) == 44 + 20
    assert len(first) > 1000


def test_what_is_kept_has_an_end(speech: Speech, tmp_path: Path) -> None:
    folder = tmp_path / "speech"
    folder.mkdir()
    for n in range(4):
        (folder / f"{n}.pcm").write_bytes(bytes(KEPT_BYTES // 3))
    sound(speech, TEXT)
    assert sum(one.stat().st_size for one in folder.iterdir()) <= KEPT_BYTES


def test_text_cannot_command_the_program(speech: Speech, tmp_path: Path) -> None:
    made = tmp_path / "x.wav"
    assert len(sound(speech, (Piece("de", f"-w {made} --version [[a]]"),))) > 1000
    assert len(sound(speech, (Piece("de; rm", "Hallo"),))) > 1000
    assert not made.exists()


def test_more_than_the_hub_can_speak_to_are_told_so(speech: Speech) -> None:
    talks = [speech.wav(TEXT, keep=False) for _ in range(TALKS)]
    for talk in talks:
        next(talk)
    with pytest.raises(Busy):
        speech.wav(TEXT, keep=False)
    talks[0].close()  # type: ignore[attr-defined]
    talk = speech.wav(TEXT, keep=False)
    next(talk)
    for one in (*talks[1:], talk):
        one.close()  # type: ignore[attr-defined]


def test_where_the_program_is_missing_it_says_so(tmp_path: Path) -> None:
    speech = Speech(tmp_path, program="espeak-that-nobody-has")
    assert not speech.is_there
    assert b"".join(speech.wav(TEXT, keep=True))[44:] == b""
