"""What the virtual street sends is read by the hub's own decoder, and by nobody without its key."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from hardware.errors import KeyRequired, Unsupported, WrongKey
from hardware.mbus.telegram import Telegram
from hardware.reading import Quantity
from hardware.sim.stick import VirtualStick
from hardware.sim.stick_wire import HexWire, Im871aWire
from hardware.sim.street import Sent, Street, Way
from hardware.sim.street_play import Player, Troubles
from hardware.transport import open_transport
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.glance import glance, wireless_address
from hardware.wmbus.link import Checksums, parse
from hardware.wmbus.telegram import decode

START = datetime(2026, 1, 31, tzinfo=UTC)


def sent(count: int, meters: int = 20, seed: int = 1) -> Iterator[Sent]:
    return itertools.islice(Street(meters, START, seed=seed).air(), count)


def read(one: Sent, key: bytes | None, formats: FormatStore) -> Telegram:
    return decode([one.transmission.telegram], key, formats, Checksums.REMOVED)


def test_every_way_of_sending_is_read_with_the_meter_s_key() -> None:
    formats = FormatStore()
    ways: Counter[str] = Counter()
    sizes: set[tuple[str, int]] = set()
    newest: dict[str, float] = {}
    for one in sent(1500):
        key = None if one.meter.way is Way.PLAIN else one.meter.key
        try:
            telegram = read(one, key, formats)
        except Unsupported:  # a compact frame before the first full one of the whole street
            assert not ways[Way.SESSION]
            continue
        assert telegram.encryption == one.meter.way
        assert f"{telegram.manufacturer}-{telegram.identification}" == one.meter.name
        energy = next(r for r in telegram.records if r.quantity is Quantity.ENERGY)
        value = float(str(energy.value))
        assert value >= newest.get(one.meter.name, 0.0)
        newest[one.meter.name] = value
        ways[telegram.encryption] += 1
        sizes.add((telegram.encryption, len(one.transmission.telegram)))
    assert set(ways) == {way.value for way in Way}
    assert len(newest) == 20
    assert len([size for way, size in sizes if way == Way.SESSION]) == 2  # full and compact


def test_no_telegram_is_read_without_its_key_or_with_another_one() -> None:
    formats = FormatStore()
    for one in sent(300):
        if one.meter.way is Way.PLAIN:
            continue
        with pytest.raises(KeyRequired):
            read(one, None, formats)
        with pytest.raises(WrongKey):
            read(one, bytes(16), formats)


def test_the_hub_s_glance_agrees_with_the_meter() -> None:
    for one in sent(300):
        seen = glance(parse(one.transmission.telegram, Checksums.REMOVED))
        assert seen.encryption == one.meter.way
        assert wireless_address(seen.device) == one.meter.name
        assert seen.is_counted == (one.meter.way in {Way.SESSION, Way.MODE_7})


def test_time_goes_on_and_one_seed_is_one_street() -> None:
    first = [(one.at, one.transmission) for one in sent(500, seed=7)]
    assert first == [(one.at, one.transmission) for one in sent(500, seed=7)]
    assert first != [(one.at, one.transmission) for one in sent(500, seed=8)]
    times = [at for at, _ in first]
    assert times == sorted(times)
    gaps: dict[str, list[datetime]] = {}
    for one in sent(500, seed=7):
        gaps.setdefault(one.meter.name, []).append(one.at)
    for name, moments in gaps.items():
        pauses = [b - a for a, b in itertools.pairwise(moments)]
        assert all(timedelta(seconds=14) < pause < timedelta(seconds=133) for pause in pauses), name


def test_a_street_has_a_size() -> None:
    for wrong in (0, 100_001):
        with pytest.raises(ValueError, match="100000"):
            Street(wrong, START)


def test_what_goes_wrong_on_the_air_goes_wrong_on_the_wire() -> None:
    troubles = Troubles(noise_every=3, half_every=5, damage_every=7, copy_every=11, replay_every=13)
    said: dict[str, bytes] = {}
    for name, chosen in (("quiet", Troubles()), ("troubled", troubles)):
        with VirtualStick(HexWire()) as stick:
            line = open_transport(f"serial:{stick.port}")
            player = Player(stick, sent(100), 0.0, chosen, random.Random(3))
            thread = threading.Thread(target=player.play, args=(threading.Event(),))
            thread.start()
            data = b""
            while thread.is_alive() or (more := line.read(65_536, 0.2)):
                data += line.read(65_536, 0.05) if thread.is_alive() else more
            thread.join()
            line.close()
            assert stick.heard == 100 + (100 // 11 + 100 // 13) * (name == "troubled")
        said[name] = data
    whole = said["quiet"].splitlines()
    assert whole == [one.transmission.telegram.hex().upper().encode() for one in sent(100)]
    lines = Counter(said["troubled"].splitlines())
    kept = sum(line in lines for line in whole)
    assert 60 <= kept < 100  # noise without an end takes the line behind it with it
    assert set(lines) - set(whole)
    assert max(lines[line] for line in whole) > 1


def test_a_street_is_played_at_its_pace_and_stops_at_once() -> None:
    stop = threading.Event()
    with VirtualStick(Im871aWire()) as stick:
        player = Player(stick, Street(5, START).air(), 1.0)
        thread = threading.Thread(target=player.play, args=(stop,))
        thread.start()
        stop.set()
        thread.join(5)
        assert not thread.is_alive()
        assert player.count <= 2
        fast = Player(stick, Street(5, START).air(), 0.0)
        fast.play(stop)
        assert fast.count == 0
        assert stick.missed == player.count  # nobody has set it up: it does not listen
