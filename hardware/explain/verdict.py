"""Which profile a telegram got, why, and which ones were near."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.explain.fields import medium_phrase
from hardware.explain.span import Phrase, phrase
from hardware.mbus.header import Header
from hardware.profiles.model import Match, Profile
from hardware.profiles.registry import Registry


@dataclass(frozen=True, slots=True)
class Verdict:
    """``profile`` is the one that was taken, None if none fits; ``near`` is of the same maker."""

    profile: Profile | None
    why: tuple[Phrase, ...]
    near: tuple[tuple[str, tuple[Phrase, ...]], ...]


def verdict(header: Header, registry: Registry) -> Verdict:
    """Return which profile is for the meter that sent ``header``, and why."""
    profile = registry.profile(header)
    near = tuple(
        (other.name, tuple(_misses(match, header)))
        for other in registry.profiles.values()
        for match in other.matches
        if match.manufacturer is not None and match.manufacturer == header.manufacturer
        if not match.fits(header)
        if other is not profile
    )
    if profile is None:
        missing = "verdict.no_maker" if header.manufacturer is None else "verdict.none"
        return Verdict(None, (phrase(missing, header.manufacturer or ""),), near)
    why = next(_fit(match, header) for match in profile.matches if match.fits(header))
    title = phrase("either", profile.title_de, profile.title_en)
    return Verdict(profile, (phrase("verdict.taken", profile.name, title), *why), near)


def _fit(match: Match, header: Header) -> tuple[Phrase, ...]:
    said = [phrase("match.manufacturer", header.manufacturer or "")]
    said.append(
        phrase("match.any_version")
        if match.versions is None
        else phrase("match.version", _hex(header.version))
    )
    said.append(
        phrase("match.any_medium")
        if match.media is None
        else phrase("match.medium", _hex(header.medium_code), _medium(header))
    )
    return tuple(said)


def _misses(match: Match, header: Header) -> list[Phrase]:
    said = []
    if match.versions is not None and header.version not in match.versions:
        said.append(phrase("miss.version", _listed(match.versions), _hex(header.version)))
    if match.media is not None and header.medium_code not in match.media:
        said.append(phrase("miss.medium", _listed(match.media), _hex(header.medium_code)))
    return said


def _medium(header: Header) -> Phrase:
    return medium_phrase(header.medium_code or 0)


def _hex(code: int | None) -> str:
    return "-" if code is None else f"{code:02x}"


def _listed(codes: frozenset[int]) -> str:
    return ", ".join(f"{code:02x}" for code in sorted(codes))
