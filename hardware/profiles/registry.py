"""All profiles, and which one is for a meter: a look-up whose cost no number of meters changes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from importlib import resources

from hardware.mbus.header import Header
from hardware.profiles.load import parse
from hardware.profiles.model import Profile, Rule
from hardware.profiles.toml_kinds import ProfileError

STANDARD = "standard"  # the file of the usual names, for every meter without a rule of its own
MOST_MODELS = 4096  # (manufacturer, version, medium) kept: noise may name any of 500 million
MOST_NAMES = 16384  # names of records kept: a model has some dozens

_NUMBER = re.compile(r"\{(\w+)\}")


class Registry:
    """Profiles by manufacturer, version and medium. Of two that fit, the narrower one is taken.

    What its own profile does not explain, the profile of the meter's medium does, and last
    `standard`.

    :raises ProfileError: if two profiles have one name, if there is no profile `standard`, or if
        one that is for all manufacturers explains bits.
    """

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self.profiles: dict[str, Profile] = {}
        for profile in profiles:
            if profile.name in self.profiles:
                raise ProfileError(f"two profiles are named {profile.name}")
            self.profiles[profile.name] = profile
        if STANDARD not in self.profiles:
            raise ProfileError(f"there is no profile {STANDARD}")
        self._rules = {name: _Rules(profile.rules) for name, profile in self.profiles.items()}
        self._media = {
            medium: profile.name
            for profile in self.profiles.values()
            for match in profile.matches
            if match.manufacturer is None
            for medium in match.media or ()
        }
        for name in (STANDARD, *self._media.values()):
            if any(rule.bits for rule in self.profiles[name].rules.values()):
                raise ProfileError(f"{name}: bits are a manufacturer's own")
        self._find = lru_cache(maxsize=MOST_MODELS)(self._search)
        self._rule = lru_cache(maxsize=MOST_NAMES)(self._look_up)

    def profile(self, header: Header) -> Profile | None:
        """Return the profile for the meter that sent ``header``, None if there is none."""
        return self._find(header.manufacturer, header.version, header.medium_code)

    def is_own(self, header: Header) -> bool:
        """Tell whether all that this meter sends is laid out by its manufacturer."""
        profile = self.profile(header)
        return profile is not None and profile.own_content

    def rule(
        self, profile: Profile | None, name: str, medium_code: int | None = None
    ) -> Rule | None:
        """Return what becomes of a record with the standard name ``name``, numbers filled in."""
        return self._rule("" if profile is None else profile.name, name, medium_code)

    def origin(
        self, profile: Profile | None, name: str, medium_code: int | None = None
    ) -> str | None:
        """Return the name of the profile that :meth:`rule` takes its rule from, None if none."""
        own = "" if profile is None else profile.name
        return next(
            (one for one in self._sources(own, medium_code) if self._rules[one].find(name)), None
        )

    def _search(
        self, manufacturer: str | None, version: int | None, medium: int | None
    ) -> Profile | None:
        header = Header(manufacturer=manufacturer, version=version, medium_code=medium)
        fitting = [
            ((match.versions is not None) + (match.media is not None), profile)
            for profile in self.profiles.values()
            for match in profile.matches
            if match.manufacturer is not None and match.fits(header)
        ]
        return max(fitting, key=lambda one: one[0])[1] if fitting else None

    def _look_up(self, profile: str, name: str, medium: int | None) -> Rule | None:
        for source in self._sources(profile, medium):
            if (rule := self._rules[source].find(name)) is not None:
                return rule
        return None

    def _sources(self, profile: str, medium: int | None) -> list[str]:
        """Return the names of the profiles whose rules count, the first first."""
        by_medium = "" if medium is None else self._media.get(medium, "")
        return [name for name in (profile, by_medium, STANDARD) if name]


class _Rules:
    """Rules by name; a pattern is tried only where no rule has the very name."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        self._plain = {name: rule for name, rule in rules.items() if "{" not in name}
        self._patterns = [
            (_pattern(name), rule) for name, rule in rules.items() if name not in self._plain
        ]

    def find(self, name: str) -> Rule | None:
        if name in self._plain:
            return self._plain[name]
        for pattern, rule in self._patterns:
            if match := pattern.fullmatch(name):
                return _filled(rule, match.groupdict())
        return None


def _pattern(name: str) -> re.Pattern[str]:
    parts = _NUMBER.split(name)  # text, name of a number, text, ...
    return re.compile(
        "".join(
            f"(?P<{part}>[0-9]+)" if index % 2 else re.escape(part)
            for index, part in enumerate(parts)
        )
    )


def _filled(rule: Rule, numbers: dict[str, str]) -> Rule:
    return replace(rule, name=_NUMBER.sub(lambda found: numbers[found[1]], rule.name))


@lru_cache(maxsize=1)
def shipped() -> Registry:
    """Return the profiles that come with this program."""
    folder = resources.files("hardware.profiles")
    return Registry(
        parse(file.read_text(encoding="utf-8"), file.name)
        for file in sorted(folder.iterdir(), key=lambda one: one.name)
        if file.name.endswith(".toml")
    )
