"""One intake from a stick: in a thread of its own, told step by step, one at a time.

Copying comes first, for all files: once it is read back, the stick may be pulled out. What the
files are is looked at afterwards, on the hub's own copy.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from edge.desk.materials import MaterialDesk, Staged, Taken
from edge.learning.errors import LearningError
from edge.material.errors import MediumError
from edge.material.sticks import Offer, open_file
from edge.store.errors import StoreError

Step = Literal["copying", "looking", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Running:
    """How an intake goes. ``may_pull``: the stick is no longer needed. Bytes for a bar."""

    number: int
    step: Step
    done_bytes: int
    all_bytes: int
    now: str = ""
    may_pull: bool = False
    results: tuple[Taken, ...] = ()
    problem: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.step in ("done", "failed")


class Intake:
    """The intake of one process; the last one is told until the next begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Running | None = None
        self._thread: threading.Thread | None = None
        self._halt = threading.Event()

    def start(
        self,
        desk: MaterialDesk,
        folder: Path,
        offers: Sequence[Offer],
        *,
        show: bool,
        stack: ExitStack,
    ) -> Running | None:
        """Begin; None if another one is going on. ``stack`` is closed at the end.

        ``show``: what is described completely is shown to everybody at once.
        """
        with self._lock:
            if self._running is not None and not self._running.is_over:
                return None
            number = self._running.number + 1 if self._running else 1
            self._running = Running(number, "copying", 0, sum(one.size for one in offers))
            self._halt.clear()
            job = _Job(self, desk, folder, tuple(offers), show)
            self._thread = threading.Thread(
                target=self._run, args=(job, stack), name="intake", daemon=True
            )
            self._thread.start()
            return self._running

    def how(self) -> Running | None:
        """Return how the last one goes or went; None if there was none."""
        with self._lock:
            return self._running

    def close(self) -> None:
        """Stop what is going on and wait for it."""
        self._halt.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def is_halted(self) -> bool:
        """Whether whoever asked is gone."""
        return self._halt.is_set()

    def say(self, **changes: object) -> None:
        """Tell how it goes."""
        with self._lock:
            if self._running is not None:
                self._running = replace(self._running, **changes)  # type: ignore[arg-type]

    def add(self, count: int) -> None:
        """Tell that so many bytes more are copied."""
        with self._lock:
            if self._running is not None:
                done = self._running.done_bytes + count
                self._running = replace(self._running, done_bytes=done)

    @staticmethod
    def _run(job: _Job, stack: ExitStack) -> None:
        with stack:
            job.run()


@dataclass(slots=True)
class _Job:
    intake: Intake
    desk: MaterialDesk
    folder: Path
    offers: tuple[Offer, ...]
    show: bool
    results: list[Taken] = field(default_factory=list)
    staged: list[tuple[Offer, Staged, tuple[tuple[Staged, str], ...]]] = field(default_factory=list)

    def run(self) -> None:
        problem = ""
        try:
            problem = self._copy()
            self.intake.say(step="looking", now="", may_pull=True)
            self._look()
        except StoreError as error:
            problem = error.hint or str(error)
        except MediumError as error:
            problem = error.hint
        except Exception:
            self.intake.say(step="failed", may_pull=True, problem=_OURS)
            raise
        finally:
            self._drop()
        step: Step = "failed" if problem else "done"
        self.intake.say(step=step, now="", may_pull=True, problem=problem, results=self._told())

    def _copy(self) -> str:
        """Copy file by file; return what went wrong. What was copied before is taken anyway."""
        for offer in self.offers:
            self.intake.say(now=offer.name)
            try:
                main = self._stage(offer.path, offer.name)
                self.staged.append((offer, main, ()))
                tracks = [(self._stage(path, path), language) for path, language in offer.captions]
                self.staged[-1] = (offer, main, tuple(tracks))
            except MediumError as error:
                return error.hint
        return ""

    def _stage(self, path: str, name: str) -> Staged:
        if self.intake.is_halted:
            raise MediumError("broken", "Der Hub wurde angehalten. Bitte noch einmal beginnen.")
        file, size = open_file(self.folder, path)
        with file:
            return self.desk.stage(file, name.rpartition("/")[2], size, self.intake.add)

    def _look(self) -> None:
        for offer, main, tracks in self.staged:
            self.intake.say(now=offer.name, results=self._told())
            taken = self.desk.take(main, offer.about, "stick")
            if taken.material is not None:
                for track, language in tracks:
                    found = self.desk.take_captions(taken.material, track, language, "stick")
                    if found.how == "refused":
                        self.results.append(found)
                if self.show and taken.how == "taken" and not taken.material.lacks:
                    try:
                        taken = replace(taken, material=self.desk.show(taken.material.material))
                    except LearningError as error:
                        taken = replace(taken, reason=error.hint)
            self.results.append(taken)

    def _drop(self) -> None:
        for _, main, tracks in self.staged:
            main.part.unlink(missing_ok=True)
            for track, _ in tracks:
                track.part.unlink(missing_ok=True)

    def _told(self) -> tuple[Taken, ...]:
        return tuple(self.results)


_OURS = "Da ist etwas schiefgegangen; der Fehler liegt beim Hub. Bitte noch einmal beginnen."
