"""Profiles of one's own beside those of the program: a folder of TOML files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hardware.profiles import Profile, ProfileError, Registry, parse, shipped

ADVICE = "Mit `dorfhub meter profile check DATEI` prüfen, was an dem Profil nicht stimmt."
LONGEST_FILE = 1_000_000  # bytes; a profile with a hundred telegrams has a tenth of it


def profiles_with(folder: Path | None) -> Registry:
    """Return the program's profiles and those in ``folder``, None for no folder.

    One of the program's that has the same name gives way; of two that fit a meter equally well,
    the one in the folder is taken.

    :raises ProfileError: if a file is no profile.
    """
    if folder is None:
        return shipped()
    return combined(read_file(path) for path in sorted(folder.glob("*.toml")))


def hub_profiles(folder: Path | None) -> tuple[Registry, tuple[ProfileError, ...]]:
    """Return what :func:`profiles_with` does, without files that are wrong, and why they are.

    Of two files with one profile's name the later one is wrong.
    """
    own: dict[str, Profile] = {}
    wrong: list[ProfileError] = []
    if folder is None:
        return shipped(), ()
    if not folder.is_dir():
        return shipped(), (ProfileError(f"{folder}: diesen Ordner gibt es nicht"),)
    for path in sorted(folder.glob("*.toml")):
        try:
            profile = read_file(path)
            combined((*own.values(), profile))
        except ProfileError as error:
            wrong.append(error if str(path) in str(error) else ProfileError(f"{path}: {error}"))
        else:
            own[profile.name] = profile
    return combined(own.values()), tuple(wrong)


def combined(own: Iterable[Profile]) -> Registry:
    """Return the program's profiles behind ``own``."""
    first = tuple(own)
    names = {profile.name for profile in first}
    rest = [profile for profile in shipped().profiles.values() if profile.name not in names]
    return Registry((*first, *rest))


def read_text(path: Path) -> str:
    """Return a profile's text.

    :raises ProfileError: if it cannot be read, is too long or no UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_FILE + 1)
        if len(data) > LONGEST_FILE:
            raise ProfileError(f"{path}: größer als {LONGEST_FILE} Bytes")
        return data.decode()
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path}: kein UTF-8, ab Byte {error.start}") from error
    except OSError as error:
        raise ProfileError(f"{path}: nicht lesbar: {error.strerror}") from error


def read_file(path: Path) -> Profile:
    """Return the profile in a file; errors as in :func:`read_text`, and if it is none."""
    return parse(read_text(path), str(path))
