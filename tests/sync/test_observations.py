"""Observations leave the village: whole, sealed, once, and only what a person agreed to."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest

from edge.care.consent import CARE, COUNTY, HUB
from edge.store.personal_rows import Number, Observation
from edge.store.village import VillageStore
from hardware.reading import TimeQuality
from sync import columns, observations, packing, stream
from sync.columns import Source
from sync.identity import Identity, fingerprint
from sync.outbox import Outbox
from sync.outbox_schema import MIGRATIONS
from sync.segment import Segment, StreamClass, verify_link
from sync.wire import Enrolment

T0 = 1_795_000_000_000
SECRET = pyrage.x25519.Identity.generate()
SCALE = "ble:C0112233AABB"


def seen(person: int, n: int, kind: str = "weight", **changes: Any) -> Observation:
    at = T0 + n * 60_000
    plain = Observation(
        at, SCALE, kind, person, TimeQuality.DEVICE, at + 5000, 0, "2A9D", user_index=1,
        flags={"success": True, "user_id": 1}, values=(Number("body_weight", 71.35 + n),),
    )  # fmt: skip
    return replace(plain, **changes)


def measure(village: Any, *rows: Observation) -> None:
    """Keep each as a round of its own."""
    with village.personal() as store:
        for row in rows:
            with store.connection.transaction() as driver:
                store.add_observations_within(driver, [row])


def person(village: Any, *kinds: str, recipient: str = COUNTY) -> int:
    with village.personal() as store:
        number: int = store.add_person(f"Person {len(store.persons())}", T0)
        for kind in kinds:
            store.give_consent(
                number, purpose=CARE, data_kind=kind, sentence="Ja.", given_how="", at=T0,
                recipient=recipient,
            )  # fmt: skip
    return number


def confirm_county(village: Any) -> None:
    county = Identity.generate()
    asked = Enrolment(county.public_key, "Landkreis", (str(SECRET.to_public()),))
    village.peers.ask(asked, T0)
    village.peers.confirm(fingerprint(county.public_key), T0)


def seal(village: Any) -> int:
    made: int = village.sealer.step(village.clock.stamp(), everything=True).care
    return made


def arrived(village: Any) -> list[list[Observation]]:
    """Return what the nurse reads, by segment."""
    found = []
    for seq in range(1, village.outbox.position().last_seq + 1):
        one = Segment.decode(village.outbox.read(seq))
        assert one.header.stream is StreamClass.CARE
        if one.header.schema == observations.SCHEMA:
            body = stream.open_sealed(one.body, [str(SECRET)])
            found.append(observations.from_sources(columns.decode(body)))
            assert one.header.count == len(found[-1])
            times = [each.observed_at for each in found[-1]]
            assert (one.header.first_ms, one.header.last_ms) == (min(times), max(times))
    return found


def test_what_was_measured_on_saturday_reaches_the_nurse(village: Any) -> None:
    erna = person(village, "weight", "glucose")
    rows = [seen(erna, n) for n in range(3)]
    rows.append(
        seen(
            erna,
            5,
            "glucose",
            device_id="ble:D0",
            source="2A18",
            sequence=17,
            user_index=None,
            flags={"type": "capillary", "sensor_status": 3, "low_battery": False},
            values=(Number("glucose_mass_concentration", 104.0), Number("other", 0.1 + 0.2, "ä b")),
        )
    )
    measure(village, *rows)
    waits = village.sealer.step(village.clock.stamp(), everything=True)
    assert (waits.care, village.outbox.position().last_seq) == (0, 0)  # nobody may open it yet
    confirm_county(village)
    assert seal(village) == 1
    assert arrived(village) == [rows]
    assert seal(village) == 0
    assert b"weight" not in village.outbox.read(1)
    assert SCALE.encode() not in village.outbox.read(1)


def asked(village: Any) -> int:
    made: int = village.sealer.step(village.clock.stamp(), asked=True).care
    return made


def test_a_room_waits_for_company_and_a_scale_for_the_county(village: Any) -> None:
    confirm_county(village)
    erna = person(village, "weight", "room_climate")
    measure(village, *(seen(erna, n, "room_climate", values=()) for n in range(3)))
    village.clock.advance(7_200_000)
    assert asked(village) == 0
    measure(village, seen(erna, 9))
    assert village.sealer.step(village.clock.stamp()).care == 0, "nobody asks"
    assert asked(village) == 1
    assert [one.data_kind for one in arrived(village)[0]] == ["room_climate"] * 3 + ["weight"]
    measure(village, seen(erna, 20, "room_climate", values=()))
    village.sealer.step(village.clock.stamp())
    village.clock.advance(21_600_000)
    assert village.sealer.step(village.clock.stamp()).care == 1, "at the latest"


def test_where_a_reading_belongs_leaves_when_the_county_asks(village: Any) -> None:
    confirm_county(village)
    erna = person(village, "weight")
    with village.personal() as store, store.connection.transaction() as driver:
        driver.execute(
            "INSERT INTO placed_care VALUES (10000, ?, 'weight', ?, 1, ?, 3)", (SCALE, erna, T0)
        )
        driver.execute("INSERT INTO placed_round VALUES (1, 10000, 10000, 1)")
    assert village.sealer.step(village.clock.stamp()).care == 0, "nobody asks"
    assert asked(village) == 1
    assert asked(village) == 0


@pytest.mark.parametrize(
    ("kind", "value", "at_once"),
    [
        ("button", Number("button_press", 1.0), 1),
        ("home_activity", Number("smoke", 1.0), 1),
        ("home_activity", Number("water_leak", 0.0), 0),
        ("home_activity", Number("door_open", 1.0), 0),
    ],
)
def test_a_call_for_help_waits_for_nobody(
    village: Any, kind: str, value: Number, at_once: int
) -> None:
    confirm_county(village)
    erna = person(village, kind)
    measure(village, seen(erna, 1, kind, values=(value,)))
    assert village.sealer.step(village.clock.stamp()).care == at_once
    measure(village, seen(erna, 2, kind, values=(value,)))
    assert village.sealer.step(village.clock.stamp()).care == 0, "a button that sticks"
    village.clock.advance(10_000)
    assert village.sealer.step(village.clock.stamp()).care == at_once


def test_a_consent_that_comes_later_is_seen_when_the_county_asks(village: Any) -> None:
    confirm_county(village)
    erna = person(village)
    measure(village, seen(erna, 1))
    assert asked(village) == 0
    with village.personal() as store:
        store.give_consent(
            erna, purpose=CARE, data_kind="weight", sentence="Ja.", given_how="", at=T0,
            recipient=COUNTY,
        )  # fmt: skip
    assert asked(village) == 1


def test_only_the_kinds_that_were_agreed_to_for_the_county_leave(village: Any) -> None:
    confirm_county(village)
    erna = person(village, "weight")
    karl = person(village, "weight", "glucose", recipient=HUB)
    for who in (erna, karl):
        measure(village, *(seen(who, who * 10 + n, kind) for n, kind in enumerate(KINDS)))
    assert seal(village) == 1
    assert [(one.person, one.data_kind) for one in arrived(village)[0]] == [(erna, "weight")]
    with village.personal() as store:
        assert store.observation_count() == 2 * len(KINDS)  # the rest is still here
        assert village.outbox.waiting(stream.OBSERVATION, store.connection).rows == 0


KINDS = ("weight", "glucose", "room_climate", "blood_pressure")


def test_a_segment_is_about_one_person(village: Any) -> None:
    confirm_county(village)
    erna, karl = person(village, "weight"), person(village, "weight")
    measure(village, *(seen((erna, karl)[n % 2], n) for n in range(6)))
    assert seal(village) == 2
    assert [{one.person for one in each} for each in arrived(village)] == [{erna}, {karl}]
    village.outbox.erase(1)
    one, two = (Segment.decode(village.outbox.read(seq)) for seq in (1, 2))
    assert one.erased
    verify_link(two, epoch=one.header.epoch, seq=2, previous=one.hash)


def test_a_withdrawal_holds_for_what_was_not_sent(village: Any) -> None:
    confirm_county(village)
    erna, karl = person(village, "weight"), person(village, "weight", "glucose")
    measure(village, *(seen(who, who * 10 + n) for who in (erna, karl) for n in range(2)))
    with village.personal() as store:
        store.withdraw_consent(erna, T0 + 1, data_kind="weight")
        store.withdraw_consent(karl, T0 + 1, data_kind="glucose")
    assert seal(village) == 1
    assert {one.person for one in arrived(village)[0]} == {karl}


@pytest.mark.parametrize("kind", [stream.CARE, stream.OBSERVATION], ids=lambda kind: kind.schema)
def test_nobody_withdraws_between_the_look_and_the_seal(
    village: Any, monkeypatch: pytest.MonkeyPatch, kind: stream.Kind
) -> None:
    """Either the withdrawal came first, or the segment is there when it returns."""
    from edge.store.personal_rows import CareRow  # noqa: PLC0415

    confirm_county(village)
    erna = person(village, "weight", "blood_pressure")
    measure(village, seen(erna, 0))
    with village.personal() as store:
        store.add_care_round(
            [CareRow(T0, "ble:cuff", erna, TimeQuality.DEVICE, T0, 1, systolic_mmhg=121.0)]
        )
    segments_then: list[int] = []
    wrapped = stream.bodies
    withdrawals: list[threading.Thread] = []

    def withdraw() -> None:
        with village.personal() as store:
            store.withdraw_consent(erna, T0 + 1)
            segments_then.append(village.outbox.position().last_seq)

    def looked(*arguments: Any) -> Any:
        thread = threading.Thread(target=withdraw)
        withdrawals.append(thread)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "it did not wait for the seal"
        return wrapped(*arguments)

    monkeypatch.setattr(stream, "bodies", looked)
    with village.personal() as store:
        recipients = [str(SECRET.to_public())]
        made = village.outbox.seal(kind, store.connection, village.clock.stamp(), recipients)
    withdrawals[0].join()
    assert (made, segments_then) == (1, [1])
    monkeypatch.setattr(stream, "bodies", wrapped)
    assert seal(village) == 0


def test_each_is_sent_once_whatever_dies_in_between(
    village: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm_county(village)
    erna = person(village, "weight")
    rng = random.Random(3)
    inserted = Outbox._insert

    def dies(self: Outbox, *arguments: Any, **more: Any) -> None:
        if rng.random() < 0.5:
            raise RuntimeError("killed")
        inserted(self, *arguments, **more)
        if rng.random() < 0.5:
            raise RuntimeError("killed")

    monkeypatch.setattr(Outbox, "_insert", dies)
    rows = [seen(erna, n) for n in range(20)]
    killed = 0
    for row in rows:
        measure(village, row)
        while True:
            try:
                seal(village)
            except RuntimeError:
                killed += 1
                continue
            break
    assert killed > 10
    assert [one for each in arrived(village) for one in each] == rows


def test_two_processes_seal_each_round_once(village: Any) -> None:
    confirm_county(village)
    erna = person(village, "weight")
    rows = [seen(erna, n) for n in range(300)]
    measure(village, *rows)
    other = Outbox(village.store.connection, village.identity)

    def run(outbox: Outbox) -> None:
        with village.personal() as store:
            for _ in range(20):
                outbox.seal(
                    stream.OBSERVATION, store.connection, village.clock.stamp(),
                    [str(SECRET.to_public())],
                )  # fmt: skip

    threads = [threading.Thread(target=run, args=(one,)) for one in (village.outbox, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one for each in arrived(village) for one in each] == rows


def test_many_words_become_several_segments(village: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scale whose clock never worked says another time each time: a column for each."""
    confirm_county(village)
    erna = person(village, "weight")
    rows = [seen(erna, n, flags={"device_time": f"2020-01-01T00:{n:02}:00"}) for n in range(60)]
    with village.personal() as store, store.connection.transaction() as driver:
        store.add_observations_within(driver, rows)
    monkeypatch.setattr(packing, "MAX_UNPACKED", 5000)
    assert seal(village) > 1
    assert [one for each in arrived(village) for one in each] == rows


def test_what_fits_into_no_column_is_left_out_and_counted() -> None:
    flags: dict[str, bool | int | str] = {
        "plain": 7, "long": "ä" * 200, "large": 1 << 53, "two words": True, "least": 1 - (1 << 53),
        "empty": "", "last": "a b  ",
    }  # fmt: skip
    row = seen(3, 0, flags=flags, values=(Number("body_weight", 71.0, "x" * 300),))
    (source,) = observations.to_sources([row])
    assert observations.left_out(source) == 4
    columns.encode([source])
    (back,) = observations.from_sources([source])
    kept = {name: flags[name] for name in ("plain", "least", "empty", "last")}
    assert back == replace(row, flags=kept, values=(Number("body_weight", 71.0),))
    assert observations.left_out(observations.to_sources([seen(3, 0)])[0]) == 0


def test_a_later_version_s_columns_and_quality_are_passed_over() -> None:
    (source,) = observations.to_sources([seen(3, 0)])
    more = dict(source.columns) | {"place": [1.0], "flag": [1.0], "mood x": [2.0], "word x": [None]}
    (back,) = observations.from_sources([Source(source.device, source.times_ms, [200], more)])
    assert back == seen(3, 0, time_quality=TimeQuality.UNKNOWN)


def test_anything_comes_back_as_it_was() -> None:
    rng = random.Random(5)

    def word() -> str:
        return "".join(rng.choice("abc_äé 1=") for _ in range(rng.randrange(1, 9)))

    for _ in range(60):
        rows = [
            Observation(
                T0 + rng.randrange(-(10**9), 10**9), f"ble:{rng.randrange(3)}",
                rng.choice(KINDS), rng.randrange(1, 4), rng.choice(list(TimeQuality)),
                T0 + rng.randrange(10**6), 0, rng.choice(("advert", "2A18", "2A9D")),
                sequence=rng.choice((None, rng.randrange(1 << 32))),
                user_index=rng.choice((None, rng.randrange(255))),
                flags={
                    word().replace(" ", "_"): rng.choice((True, False, -5, 1 << 40, word(), ""))
                    for _ in range(rng.randrange(5))
                },
                values=tuple(
                    Number(word().replace(" ", "_"), rng.gauss(0, 1e6), rng.choice(("", word())))
                    for _ in range(rng.randrange(12))
                ),
            )
            for _ in range(rng.randrange(1, 40))
        ]  # fmt: skip
        body = columns.encode(observations.to_sources(rows))
        found = observations.from_sources(columns.decode(body))
        order = lambda one: (one.device_id, one.data_kind, one.source, one.observed_at)  # noqa: E731
        assert sorted(found, key=order) == sorted(rows, key=order)


def test_rows_of_the_store_must_be_what_they_are_said_to_be() -> None:
    row = ("d", "soon", "weight", 1, 4, T0, "2A9D", None, None, "{}", None, None, None)
    with pytest.raises(TypeError):
        observations.gather([row])


def test_a_hub_that_is_updated_goes_on_where_it_stood(tmp_path: Path) -> None:
    before = {name: MIGRATIONS[name] for name in ("sync_0001_outbox", "sync_0002_keys")}
    with VillageStore(tmp_path / "village.db") as store:
        store.connection.migrate("sync", before)
        with store.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO sync_state (one, epoch, last_seq, last_hash, meter_round, care_round)"
                " VALUES (1, ?, 7, ?, 5, 3)",
                (bytes(8), bytes(32)),
            )
        assert Outbox(store.connection, Identity.generate()).position().last_seq == 7
        (row,) = store.connection.rows(
            "SELECT meter_round, care_round, observation_round FROM sync_state"
        )
    assert row == (5, 3, 0)
