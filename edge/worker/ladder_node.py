"""The worker's two jobs of alarms, with the stores and paths that they open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from edge.clock import Clock, SystemClock
from edge.config import Config
from edge.process.log import Log
from edge.store.errors import Locked, StoreError
from edge.store.village import VillageStore
from edge.worker.jobs import Outcome
from edge.worker.unlocked import Unlocked

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore
    from edge.worker.hall_alarm import HallBoard
    from edge.worker.ladder import LadderCalls, LadderSteps
    from edge.worker.nobodys_calls import NobodysCalls


class LadderJobs:
    """Steps and calls, each with a connection of its own: neither waits for the other."""

    def __init__(
        self, config: Config, stack: ExitStack, village: Callable[[], VillageStore]
    ) -> None:
        self._config = config
        self._stack = stack
        self._village = village
        self._for_steps = Unlocked(config)
        self._for_calls = Unlocked(config)
        stack.callback(self._for_steps.lock)
        stack.callback(self._for_calls.lock)
        self._steps: LadderSteps | None = None
        self._board: HallBoard | None = None
        self._nobodys: NobodysCalls | None = None
        self._calls: LadderCalls | None = None
        self._hints: tuple[str, ...] = ()

    def steps(self) -> Outcome:
        """Take the steps that are due, and show on the board that somebody is needed."""
        from edge.care.rules.ruleset import readable  # noqa: PLC0415 - when it is unlocked
        from edge.worker.hall_alarm import HallBoard  # noqa: PLC0415
        from edge.worker.ladder import LadderSteps  # noqa: PLC0415
        from edge.worker.nobodys_calls import NobodysCalls  # noqa: PLC0415

        clock = SystemClock()
        try:
            personal = self._for_steps.store()
            if self._steps is None:
                self._steps = LadderSteps(clock, Log())
                self._board = HallBoard()
                self._nobodys = NobodysCalls(readable(self._config.personal.rules).sos)
            waiting = self._steps.run(personal)
            unseen = self._buttons(personal, clock)
        except Locked as error:
            self._for_steps.lock()
            self._steps = None  # nobody looks while it is locked: that is told when it is opened
            return Outcome("locked", error.hint)
        except StoreError:
            self._for_steps.lock()
            raise
        said = f"Alarme, auf die niemand geantwortet hat: {waiting}" * bool(waiting)
        if unseen:
            return Outcome("degraded", f"{unseen} {said}".rstrip())
        return Outcome("ok", said)

    def _buttons(self, personal: PersonalStore, clock: Clock) -> str:
        """Hear buttons that are nobody's and show what is to be shown; return what hinders it.

        Both need village.db. The steps do not, so they are taken whatever is the matter with it.
        """
        hints = []
        for run in (self._hear, self._show):
            try:
                run(personal, clock)
            except Locked:
                raise
            except StoreError as error:
                if error.hint not in self._hints:  # each second: it is told once
                    Log().error("buttons-failed", error=str(error), hint=error.hint)
                hints.append(error.hint)
        self._hints = tuple(dict.fromkeys(hints))
        return f"{_UNSEEN} {' '.join(self._hints)}".rstrip() if hints else ""

    def _hear(self, personal: PersonalStore, clock: Clock) -> None:
        if self._nobodys is not None:
            self._nobodys.run(personal, self._village(), clock.stamp())

    def _show(self, personal: PersonalStore, clock: Clock) -> None:
        if self._board is not None:
            self._board.show(personal, self._village(), clock.stamp())

    def calls(self) -> Outcome:
        """Tell those whom the steps call."""
        from edge.alarm.house import paths  # noqa: PLC0415 - not before it is unlocked
        from edge.alarm.sounder import SoundPath  # noqa: PLC0415
        from edge.worker.ladder import LadderCalls  # noqa: PLC0415

        try:
            personal = self._for_calls.store()
            if self._calls is None:
                there = paths(self._config)
                for path in there.values():
                    self._stack.callback(path.close)
                    if isinstance(path, SoundPath):
                        path.reset()
                self._calls = LadderCalls(SystemClock(), Log(), there, self._config.hub.village)
            failed = self._calls.run(personal)
        except Locked as error:
            self._for_calls.lock()
            return Outcome("locked", error.hint)
        except StoreError:
            self._for_calls.lock()
            raise
        return (
            Outcome("degraded", f"Alarmweg gestört: {', '.join(failed)}") if failed else Outcome()
        )


_UNSEEN = "Rufknöpfe und die Tafel sind gestört, die Alarme steigen weiter."
