"""What entries of hub.toml must be to one another: ports that are free, places that there are."""

from __future__ import annotations

from edge.config.model import Config
from edge.config.receivers import check_wireless
from edge.config.section import Problems


def check(config: Config, problems: Problems) -> None:
    """Add each entry that is right by itself and does not agree with another one."""
    _ports(config, problems)
    _zim_port(config, problems)
    _sites(config, problems)
    _meters(config, problems)
    check_wireless(config, problems)


def _ports(config: Config, problems: Problems) -> None:
    taken: dict[int, tuple[str, str]] = {}
    for name, host, port in (
        ("web", config.web.host, config.web.port),
        ("datasette", config.datasette.host, config.datasette.port),
        ("sync", config.sync.host, config.sync.port),
    ):
        other = taken.setdefault(port, (name, host))
        if other[0] != name and (other[1] == host or {other[1], host} & {"0.0.0.0", "::"}):  # noqa: S104
            # one of the two may be unwritten: then the line to change is the other one
            blamed, kept = (name, other[0]) if problems.knows((name, "port")) else (other[0], name)
            problems.add((blamed, "port"), f"{port} ist schon der Port von [{kept}]")


def _zim_port(config: Config, problems: Problems) -> None:
    """Look at a port that somebody wrote: the usual one is only taken where there are ZIM files."""
    key, port = ("materials", "zim_port"), config.materials.zim_port
    for name, other in (
        ("web", config.web),
        ("datasette", config.datasette),
        ("sync", config.sync),
    ):
        if problems.knows(key) and port == other.port:
            problems.add(key, f"{port} ist schon der Port von [{name}]")


def _sites(config: Config, problems: Problems) -> None:
    seen: set[str] = set()
    for index, site in enumerate(config.sites):
        if site.site_id and site.site_id in seen:
            problems.add(("sites", index, "site_id"), f'"{site.site_id}" gibt es schon')
        seen.add(site.site_id)


# A household's meter belongs into personal.db, under its people's consent; village.db has no place
# for it, and what stands there leaves the village in the clear.
_NOT_COMMUNAL = (
    "ist kein öffentliches Gebäude; Zähler in Wohnhäusern brauchen die Einwilligung der Bewohner "
    "und stehen nicht hier; über Funk nimmt sie `dorfhub meter household add` auf (erlaubt: ein "
    "Ort mit communal = true)"
)


def _meters(config: Config, problems: Problems) -> None:
    sites = {site.site_id: site.communal for site in config.sites}
    seen: set[str] = set()
    lines: dict[tuple[str, int | str], str] = {}
    for index, meter in enumerate(config.meters):
        key = ("meters", index)
        if meter.meter_id and meter.meter_id in seen:
            problems.add((*key, "meter_id"), f'"{meter.meter_id}" gibt es schon')
        seen.add(meter.meter_id)
        if meter.site_id and meter.site_id not in sites:
            allowed = ", ".join(sites) or "noch keiner, es fehlt [[sites]]"
            problems.add(
                (*key, "site_id"), f'den Ort "{meter.site_id}" gibt es nicht (erlaubt: {allowed})'
            )
        elif meter.site_id and not sites[meter.site_id]:
            problems.add((*key, "site_id"), f'"{meter.site_id}" {_NOT_COMMUNAL}')
        if meter.protocol == "mbus" and meter.transport:
            address = meter.secondary or meter.address
            other = lines.setdefault((meter.transport, address), meter.meter_id)
            if other != meter.meter_id:
                message = f'{address} hat an dieser Leitung schon "{other}"'
                name = "secondary" if meter.secondary else "address"
                problems.add((*key, name), message)
