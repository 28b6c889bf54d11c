"""The paths that a hub has, as hub.toml names them."""

from __future__ import annotations

from edge.alarm.note import NotePath
from edge.alarm.path import AlarmPath
from edge.alarm.routes import LAMP, NOTE, SIREN, SMS
from edge.alarm.sms import SmsPath
from edge.alarm.sounder import SoundPath
from edge.alarm.switch import open_switch
from edge.config import Config
from edge.config.alarm import Sounding


def paths(config: Config) -> dict[str, AlarmPath]:
    """Return the paths by name. A sheet of paper, or a file in its place, is always there."""
    found: dict[str, AlarmPath] = {}
    if config.alarm.sms is not None:
        found[SMS] = SmsPath(config.alarm.sms, config.hub.state / "sms-pin-refused")
    found.update(sounders(config))
    found[NOTE] = NotePath(config.alarm.printer, config.hub.state / "alarm-notes")
    return found


def sounders(config: Config) -> dict[str, SoundPath]:
    """Return siren and lamp alone: what sounds at once when somebody presses a button."""
    named: dict[str, Sounding | None] = {SIREN: config.alarm.siren, LAMP: config.alarm.lamp}
    return {
        name: SoundPath(name, open_switch(one), one.seconds, config.hub.run / f"{name}.until")
        for name, one in named.items()
        if one is not None
    }
