"""The doctor's look at the paths of alarms: does modem, relay and printer answer."""

from __future__ import annotations

from collections.abc import Iterator

from edge.config import Config
from edge.doctor.checks import Finding
from edge.process.heartbeat import read_all


def alarms(config: Config) -> Iterator[Finding]:
    """Ask every path that hub.toml names. Nothing sounds, nothing is sent.

    A modem that the running worker holds is judged by what the worker says of it.
    """
    from edge.alarm.house import paths  # noqa: PLC0415 - the doctor is quick without alarms
    from edge.alarm.path import AlarmError  # noqa: PLC0415
    from edge.alarm.routes import SMS  # noqa: PLC0415

    worker = read_all(config).get("worker")
    parts = {one.name: one for one in worker.parts} if worker is not None and worker.alive else {}
    for name, path in paths(config).items():
        if name == SMS and "alarm" in parts and parts["alarm"].state in ("ok", "degraded"):
            is_well = "sms" not in parts["alarm"].message
            yield Finding(
                f"alarm.{name}",
                "ok" if is_well else "fail",
                "Das Modem antwortet dem Hub." if is_well else "Das Modem antwortet nicht.",
                "" if is_well else "Die Zeilen `alarm-path` im Protokoll sagen, woran es liegt.",
            )
            continue
        try:
            yield Finding(f"alarm.{name}", "ok", f"{name}: {path.check()}.")
        except AlarmError as error:
            yield Finding(f"alarm.{name}", "fail", f"{name}: {error}", error.hint)
        finally:
            path.close()
    if config.alarm.sms is None and config.alarm.siren is None:
        yield (
            Finding(
                "alarm",
                "warn",
                "Ein Alarm erreicht ohne Internet nur, wer auf das Terminal sieht.",
                "Ein Modem für SMS oder eine Sirene anschließen: docs/alarm.md.",
            )
            if _cares(config)
            else Finding("alarm", "ok", "Niemand ist in Betreuung.")
        )


def _cares(config: Config) -> bool:
    """Tell whether there is a personal.db with somebody in care; a locked one may have."""
    from edge.store.errors import StoreError  # noqa: PLC0415
    from edge.store.personal import PersonalStore  # noqa: PLC0415

    if not config.hub.personal_db.exists():
        return False
    try:
        with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
            return store.cares_for_anybody()
    except StoreError:
        return False
