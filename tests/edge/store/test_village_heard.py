from __future__ import annotations

from dataclasses import replace

import pytest

from edge.store import continuity, village_heard
from edge.store.village import VillageStore
from edge.store.village_rows import HeardMeter, ReceiverCount

T = 1_790_000_000_000
KAM = HeardMeter(
    "wmbus:KAM-76348799-1B-04", "KAM", "76348799", 0x1B, "heat", "ell-aes-ctr", T, T, 1, -71.5
)


def named(number: int, **changes: object) -> HeardMeter:
    device = f"wmbus:KAM-{number:08d}-1B-04"
    return replace(KAM, device=device, identification=f"{number:08d}", **changes)  # type: ignore[arg-type]


def test_signs_of_life_add_up(village: VillageStore) -> None:
    village.note_heard([KAM])
    later = replace(KAM, first_heard_at=T + 5, last_heard_at=T + 9, telegrams=3, last_rssi_dbm=None)
    village.note_heard([later])
    village.note_heard([replace(KAM, last_heard_at=T + 2, encryption="none")])
    (found,) = village.heard_meters()
    assert found == replace(KAM, last_heard_at=T + 9, telegrams=5, encryption="none")


def test_the_worker_s_word_begins_when_it_changes(village: VillageStore) -> None:
    village.note_heard([KAM])
    village.set_meter_state(KAM.device, "no_key", T + 1)
    village.set_meter_state(KAM.device, "no_key", T + 2)
    village.note_heard([KAM])
    (found,) = village.heard_meters()
    assert (found.state, found.state_at) == ("no_key", T + 1)
    village.set_meter_state("wmbus:XXX-00000000-00-00", "no_key", T)
    assert len(village.heard_meters()) == 1


def test_made_up_addresses_push_out_no_meter(
    village: VillageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(village_heard, "MOST_HEARD", 5)
    real = [named(n, telegrams=9, last_heard_at=T + n) for n in range(4)]
    admitted = named(9, telegrams=1, last_heard_at=T - 1)
    village.admit_meter(admitted.device, T)
    village.note_heard([*real, admitted])
    village.note_heard([named(100 + n, last_heard_at=T + 1000 + n) for n in range(50)])
    assert {one.device for one in village.heard_meters()} == {
        one.device for one in (*real, admitted)
    }
    village.note_heard([named(50, telegrams=2, last_heard_at=T + 2000)])
    devices = {one.device for one in village.heard_meters()}
    assert named(50).device in devices
    assert real[0].device not in devices  # not heard for longest


def test_the_gate_is_closed_until_a_meter_is_admitted(village: VillageStore) -> None:
    assert village.admitted_meters() == frozenset()
    village.admit_meter(KAM.device, T)
    village.admit_meter(KAM.device, T + 1)
    assert village.admitted_meters() == {KAM.device}
    assert village.dismiss_meter(KAM.device)
    assert not village.dismiss_meter(KAM.device)
    assert village.admitted_meters() == frozenset()


def test_formats_are_bounded_and_the_newest_of_a_signature_counts(
    village: VillageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(village_heard, "MOST_FORMATS", 3)
    for signature in (40, 30, 20, 10):
        village.save_format(signature, bytes((signature,)))
    assert list(village.formats()) == [30, 20, 10]
    village.save_format(20, b"new")
    assert village.formats() == {30: b"\x1e", 20: b"new", 10: b"\x0a"}


def test_events_are_newest_first_and_bounded(
    village: VillageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(continuity, "KEPT_EVENTS", 3)
    for number in range(4):
        village.add_event(T + number, f"wmbus:{number % 2}", "swap", "x" * 9999)
    found = village.events()
    assert [one.at - T for one in found] == [3, 2, 1]
    assert len(found[0].detail) == continuity.MAX_DETAIL_CHARACTERS
    assert [one.at - T for one in village.events(device="wmbus:1", limit=1)] == [3]


def test_counters_add_up_by_day_and_old_days_go(village: VillageStore) -> None:
    village.add_counts("hof", 20_000, {"kept": 2, "noise": 0})
    village.add_counts("hof", 20_000, {"kept": 3})
    village.add_counts("turm", 20_000, {"kept": 1})
    assert village.receiver_counts(0) == [
        ReceiverCount("hof", 20_000, "kept", 5),
        ReceiverCount("turm", 20_000, "kept", 1),
    ]
    village.add_counts("hof", 20_000 + village_heard.KEPT_DAYS, {"kept": 7})
    assert [(one.receiver, one.count) for one in village.receiver_counts(0)] == [
        ("hof", 7),
        ("turm", 1),
    ]
    assert len(village.receiver_counts(20_001)) == 1


def test_a_status_is_news_when_it_changes_and_at_most_once_an_hour(village: VillageStore) -> None:
    device = village.device("mbus:KAM-1", seen_at=T)
    village.set_meter_status(device, "ALARM", "Alarm.", T)
    village.set_meter_status(device, "ALARM", "Alarm.", T + 1)
    village.set_meter_status(device, "OK", "Wieder gut.", T + 2)
    village.set_meter_status(device, "BUSY", "Später.", T + 1)  # older than what is known
    assert [event.detail for event in village.events()] == ["Alarm"]
    (said,) = village.meter_statuses().values()
    assert (said.device, said.status, said.since) == (device, "OK", T + 2)
    village.set_meter_status(device, "ALARM", "Alarm.", T + 2 + village_heard.STATUS_EVENT_MS)
    assert [event.at for event in village.events()] == [T + 2 + village_heard.STATUS_EVENT_MS, T]
