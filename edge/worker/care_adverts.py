"""What is heard of sensors that advertise: new, repeated or replayed; calls and batteries."""

from __future__ import annotations

from edge.process.log import Log
from edge.store.journal import Entry
from edge.store.journal_parked import REPLAYED, RESTARTED
from edge.store.personal_rows import Counter
from edge.worker.care_batch import Batch
from edge.worker.care_reader import CareReader, Read
from edge.worker.care_rows import ADVERT
from edge.worker.restarts import Restarts
from hardware.reading import Quantity

REPEATED = "repeated"
PRESS_MS = 3_600_000  # the same number of a button's press so long after is another press


class Adverts:
    """Counts what is numbered. ``counters`` are the highest numbers known, by sensor.

    ``restarts`` remembers between runs which counters begin anew; ``buttons`` are those that
    somebody calls for help with.
    """

    def __init__(
        self,
        reader: CareReader,
        counters: list[Counter],
        log: Log,
        restarts: Restarts,
        buttons: frozenset[str],
    ) -> None:
        self._reader = reader
        self._counters = {(one.device_id, one.authentic): one for one in counters}
        self._log = log
        self._restarts = restarts
        self._buttons = buttons

    def calls(self, device: str) -> bool:
        """Tell whether somebody calls for help with this one."""
        return device in self._buttons

    def heard(self, batch: Batch, read: Read) -> str:
        """Say of an advertisement with a number that it was replayed or repeated, empty if new."""
        counter, at = read.counter, read.entry.received_at
        if counter is None:
            return ""
        key = (read.entry.device, counter.authentic)
        last = self._counters.get(key)
        if last is not None and counter.authentic and counter.number < last.number:
            device = read.entry.device
            run = self._restarts.low(device, counter.number, read.entry.id, at)
            if not run:
                return REPLAYED
            alone = batch.kept.get(REPLAYED, [])
            alone[:] = [one for one in alone if one not in run]
            batch.kept.setdefault(RESTARTED, []).extend(run)
            batch.restarted[device] = (at, last.heard_at)
            return RESTARTED
        is_recent = last is not None and abs(at - last.heard_at) < PRESS_MS
        if last is not None and counter.number == last.number and (counter.authentic or is_recent):
            return REPEATED
        new = Counter(read.entry.device, counter.authentic, counter.number, at)
        self._counters[key] = new
        if counter.authentic:
            self._restarts.forget(read.entry.device)
            batch.restarted.pop(read.entry.device, None)
        batch.counters.append(new)
        return ""

    def listen(self, batch: Batch, entry: Entry) -> None:
        """Note a call from a button that is nobody's yet."""
        try:
            reads = [read for read in self._reader.read(entry) if not read.reason]
        except Exception as error:  # noqa: BLE001 - as in batch()
            self._log.error("decoder-failed", error=type(error).__name__, device=entry.device)
            return
        last = self._counters.get((entry.device, True))
        for read in reads:
            if read.counter is not None and (last is None or read.counter.number > last.number):
                self._note_call(batch, read)

    def tells_sensor(self, batch: Batch, read: Read, heard: str) -> bool:
        """Note what volunteers must know; True if that is all it may tell."""
        if heard == REPLAYED:
            batch.kept.setdefault(REPLAYED, []).extend(entry.id for entry in read.entries)
        else:
            self._note_battery(batch, read)
        if heard in {
            "",
            RESTARTED,
        }:  # what counts from zero makes no reading, but who calls is heard
            self._note_call(batch, read)
        if heard not in {REPLAYED, RESTARTED}:
            return False
        self._log.warning(f"advert-{heard}", device=read.entry.device)
        return True

    def _note_call(self, batch: Batch, read: Read) -> None:
        """Note that a call button was pressed, if it encrypts: else the collector knows."""
        device = read.entry.device
        if device not in self._buttons or read.counter is None or not read.counter.authentic:
            return
        if any(r.quantity is Quantity.BUTTON_PRESS for m in read.measurements for r in m.records):
            batch.calls.append((device, read.entry.received_at))

    @staticmethod
    def _note_battery(batch: Batch, read: Read) -> None:
        if read.source != ADVERT:
            return
        for measurement in read.measurements:
            for record in measurement.records:
                if record.quantity is Quantity.BATTERY_LEVEL and isinstance(
                    record.value, int | float
                ):
                    batch.batteries[read.entry.device] = min(100, max(0, round(record.value)))
