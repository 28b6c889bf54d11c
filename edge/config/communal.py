"""Which meters of hub.toml are the village's own, and which of them speaks on the air.

A meter is communal where hub.toml calls its place communal: a hall, a school, a heating plant or
its network. Only those are forecast, searched for faults, shown and published; a household's is in
personal.db under consent. The reader refuses a hub.toml with another, but the rule does not rest on
that: whoever looks at meters asks :func:`communal_meters`.

A meter on the air is known by its full name, or a short one that fits no other: `KAM-76348799`
fits every device of that maker with that number, whatever it measures. As long as one was heard, it
is meant; of two nobody knows which, and neither is the village's.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.config.model import Config, Meter

PREFIX = "wmbus:"
MOST_NAMES = 8  # of one number; made-up ones must not fill the memory


def communal_meters(config: Config) -> tuple[Meter, ...]:
    """Return the meters at places that hub.toml calls communal, in its order."""
    places = communal_sites(config)
    return tuple(one for one in config.meters if one.site_id in places)


def communal_sites(config: Config) -> dict[str, str]:
    """Return ids and names of the places that hub.toml calls communal."""
    return {site.site_id: site.name for site in config.sites if site.communal}


def public_sensors(config: Config) -> dict[str, tuple[str, str]]:
    """Return the sensors whose air is published, by id: their place, and where they are (`air`)."""
    places = communal_sites(config)
    return {
        one.meter_id: (one.site_id, one.air)
        for one in config.meters
        if one.air and one.site_id in places
    }


class Communal:
    """The meters that are heard by radio. ``heard`` are names as `wmbus:KAM-76348799-1B-04`."""

    def __init__(self, meters: Iterable[Meter], heard: Iterable[str] = ()) -> None:
        self._meters = {PREFIX + meter.wireless: meter for meter in meters if meter.wireless}
        self._names: dict[str, set[str]] = {}  # short name to the full ones heard
        for device in heard:
            self.hear(device)

    def hear(self, device: str) -> None:
        """Take in that ``device`` was heard."""
        short = device.rsplit("-", 2)[0]
        if device not in self._meters and short in self._meters:
            names = self._names.setdefault(short, set())
            if len(names) < MOST_NAMES:
                names.add(device)

    def candidate(self, device: str) -> Meter | None:
        """Return the meter that ``device`` is, or may be if others share its number."""
        return self._meters.get(device) or self._meters.get(device.rsplit("-", 2)[0])

    def meter(self, device: str) -> Meter | None:
        """Return the meter that ``device`` certainly is."""
        meter = self.candidate(device)
        return None if meter is None or self.rivals(meter) else meter

    def rivals(self, meter: Meter) -> tuple[str, ...]:
        """Return the full names, to be written into hub.toml, that fit ``meter`` alike; or none."""
        names = self._names.get(PREFIX + meter.wireless, set())
        return tuple(sorted(name.removeprefix(PREFIX) for name in names)) if len(names) > 1 else ()
