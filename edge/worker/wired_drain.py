"""The wired drain: what meters on a line send encrypted becomes readings once their key is there.

The collector reads lines and holds no key: it keeps such telegrams in the journal, quarantined as
`KeyRequired KAM-76348799`. While personal.db is unlocked they are opened here. Meters on a line are
communal, so that no consent is asked for. A wrong key leaves them as `WrongKey KAM-76348799`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from edge.config import Config
from edge.keyring.keys import Keys
from edge.keyring.reasons import WRONG_KEY, names_of
from edge.process.log import Log
from edge.profiles import ADVICE, hub_profiles
from edge.store.household_gate import WIRED
from edge.store.journal import Entry, Journal, State
from edge.store.journal_rows import Kept
from edge.store.meter_status import Statuses
from edge.store.personal import PersonalStore
from edge.store.personal_rows import MeterKey
from edge.store.values import ValueRow, value_rows
from edge.store.village import VillageStore
from edge.store.village_desk import unread_id
from edge.store.village_rows import MeterRow
from edge.store.wide import wide
from hardware.errors import DecodeError, FrameError, WrongKey
from hardware.mbus.telegram import decode
from hardware.profiles import Interpreted, interpret
from hardware.profiles.message import opener

BATCH = 200  # telegrams read before one commit
MOST_ROUNDS = 20  # of one run and meter: a stop must not wait for months of history


class WiredDrain:
    """Opens what waits for the keys of wired meters. One process works with one of them.

    :raises StoreError: or one of its kinds, from :meth:`run`; what was done before stays done.
    """

    def __init__(self, config: Config, journal: Journal, village: VillageStore, log: Log) -> None:
        self._meters = {unread_id(meter.meter_id): meter for meter in config.meters}
        self._journal = journal
        self._village = village
        self._log = log
        self._registry, wrong = hub_profiles(config.hub.profiles)
        for error in wrong:
            log.warning("profile", error=error, hint=ADVICE)
        self._statuses = Statuses(village)
        self._tried: dict[str, frozenset[int]] = {}  # what waits to numbers of keys that failed

    def run(self, personal: PersonalStore, now_ms: int) -> int:
        """Open all that a key at hand opens; return how many readings came."""
        waiting = [one for one in self._journal.kept(WIRED) if names_of(one.message)]
        if not waiting:
            return 0
        ring = Keys(personal.meter_keys())
        rows = 0
        for kept in {one.message: one for one in waiting}.values():
            keys = ring.of(names_of(kept.message))
            if keys and not self._is_in_vain(kept, keys):
                rows += self._message(kept, keys, personal, now_ms)
        return rows

    def _is_in_vain(self, kept: Kept, keys: Sequence[MeterKey]) -> bool:
        numbers = frozenset(key.number for key in keys)
        return kept.message.startswith(WRONG_KEY) and self._tried.get(kept.message) == numbers

    def _message(
        self, kept: Kept, keys: Sequence[MeterKey], personal: PersonalStore, now_ms: int
    ) -> int:
        """Open what waits for the keys of one meter."""
        wrong = " ".join((WRONG_KEY, *names_of(kept.message)))
        opened: set[int] = set()
        count = rounds = 0
        for entries in self._pending(kept.message):
            rounds += 1
            rows: list[MeterRow] = []
            beside: list[ValueRow] = []
            decoded: list[int] = []
            closed: dict[str, list[int]] = {}
            for entry in entries:
                found = self._read(entry, keys)
                if isinstance(found, str):
                    closed.setdefault(found or wrong, []).append(entry.id)
                    continue
                said, number = found
                opened.add(number)
                decoded.append(entry.id)
                values = wide(said.records)
                device = self._device(entry, said)
                self._statuses.note(device, said.status, said.flags, entry.received_at)
                beside += value_rows(said.records, values, entry.received_at, device, entry.id)
                if values:
                    at, quality = entry.received_at, entry.time_quality
                    rows.append(MeterRow(at, device, quality, entry.id, **values))
                self._village.device_seen(device, now_ms)  # outdates the collector's complaint
            if rows:
                self._village.add_round(rows)
            self._village.add_values(beside)
            if decoded:
                self._journal.mark(decoded, State.DECODED)
            for reason, ids in closed.items():
                self._journal.mark(ids, State.QUARANTINED, reason)
            count += len(rows)
        refused = {key.number for key in keys} - opened
        if not opened or rounds < MOST_ROUNDS:  # else there may be more that opens
            self._tried[wrong] = frozenset(key.number for key in keys)
        if not opened:
            personal.set_key_states(sorted(refused), "wrong", now_ms)
            self._log.warning("wired-wrong-key", device=kept.device)
        personal.set_key_states(sorted(opened), "opens", now_ms)
        return count

    def _read(self, entry: Entry, keys: Sequence[MeterKey]) -> tuple[Interpreted, int] | str:
        """Return what an entry says and whose key opened it, or why not; "" if no key fits."""
        try:
            return _opened(entry, keys, self._interpreted)
        except WrongKey:
            return ""
        except (FrameError, DecodeError) as error:
            return f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - one meter's bytes must not stop the others
            kind = type(error).__name__
            self._log.error("decoder-failed", error=kind, journal=entry.id, device=entry.device)
            return f"decoder failed: {kind}"

    def _pending(self, message: str) -> Iterator[Sequence[Entry]]:
        after = 0
        for _ in range(MOST_ROUNDS):
            entries = self._journal.quarantined(WIRED, message, BATCH, after=after)
            if not entries:
                return
            after = entries[-1].id
            yield entries

    def _interpreted(self, raw: bytes, key: bytes) -> Interpreted:
        return interpret(decode(raw, opener(key)), self._registry)

    def _device(self, entry: Entry, said: Interpreted) -> int:
        """Return the number of the device that speaks, made known on its first telegram."""
        meter = self._meters.get(entry.device)
        return self._village.device(
            said.telegram.device_id or entry.device,
            label=meter.name if meter else None,
            site_id=meter.site_id if meter else None,
            meter_id=meter.meter_id if meter else None,
            manufacturer=said.telegram.manufacturer,
            seen_at=entry.received_at,
        )


def _opened(
    entry: Entry, keys: Sequence[MeterKey], read: Callable[[bytes, bytes], Interpreted]
) -> tuple[Interpreted, int]:
    """Return what the first key that fits opens, and that key's number.

    :raises WrongKey: if none does.
    """
    for key in keys:
        try:
            return read(entry.payload, key.key), key.number
        except WrongKey:
            continue
    raise WrongKey("none of the keys opens the telegram")
