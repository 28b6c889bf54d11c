from __future__ import annotations

import pytest

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE
from edge.care.kinds import KINDS, WORDS, kind_of_source, kinds_of, sources_of
from hardware.ble import DECODERS
from hardware.ble.environment import SCALARS
from hardware.reading import Quantity, Record, Unit


def record(quantity: Quantity, value: float | str = 1.0) -> Record:
    return Record(quantity, value, Unit.ONE)


def test_every_kind_has_words_and_sources() -> None:
    assert len(set(WORDS.values())) == len(KINDS)
    for kind in KINDS:
        assert sources_of(kind)
        assert set(sources_of(kind)) <= {*DECODERS, "advert"}


@pytest.mark.parametrize(
    ("source", "kind"),
    [("2A35", BLOOD_PRESSURE), ("2A9D", kinds.WEIGHT), ("2AA7", kinds.CONTINUOUS_GLUCOSE)],
)
def test_a_characteristic_s_value_is_of_one_kind(source: str, kind: str) -> None:
    pulse, other = record(Quantity.PULSE_RATE), record(Quantity.OTHER)
    assert kinds_of(source, [pulse, other]) == {kind: (pulse,)}
    assert kinds_of(source, []) == {kind: ()}
    assert kinds_of(source, [other]) == {}
    assert source in sources_of(kind)


@pytest.mark.parametrize("source", ["2A19", "2A36", "2A9E", "2A8E", "2AAA"])
def test_what_measures_nothing_is_of_no_kind(source: str) -> None:
    assert kinds_of(source, [record(Quantity.BODY_WEIGHT), record(Quantity.PULSE_RATE)]) == {}


def test_every_number_of_a_room_is_of_its_climate() -> None:
    for uuid, scalar in SCALARS.items():
        assert set(kinds_of(uuid, [record(scalar.quantity)])) == {kinds.ROOM_CLIMATE}


def test_an_advertisement_may_hold_several_kinds() -> None:
    warm, damp = record(Quantity.AIR_TEMPERATURE), record(Quantity.RELATIVE_HUMIDITY)
    heavy, text = record(Quantity.BODY_WEIGHT), record(Quantity.BODY_WEIGHT, "n/a")
    battery = record(Quantity.BATTERY_LEVEL)
    assert kinds_of("advert", [warm, heavy, battery, text, damp]) == {
        kinds.ROOM_CLIMATE: (warm, damp),
        kinds.WEIGHT: (heavy,),
    }
    assert kinds_of("advert", []) == {}
    assert "advert" in sources_of(kinds.BUTTON)
    assert "advert" not in sources_of(BLOOD_PRESSURE)


@pytest.mark.parametrize(
    ("source", "kind"),
    [("2A35", BLOOD_PRESSURE), ("2a9d", kinds.WEIGHT), ("advert", None), ("2A19", None)],
)
def test_what_a_characteristic_is_of_is_known_before_it_is_opened(
    source: str, kind: str | None
) -> None:
    assert kind_of_source(source) == kind
