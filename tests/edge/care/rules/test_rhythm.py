import json
from datetime import timedelta

import pytest

from edge.care.finding import Stage, Urgency
from edge.care.rules import rhythm
from edge.care.rules.codec import build, plain
from edge.care.rules.event import ClockUnknown, Signal
from edge.care.rules.rhythm import MOST_SENSORS, RULE, Rhythm
from tests.edge.care.rules.home import SHORT, Home, moment

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def lived() -> Home:
    home = Home()
    home.days(0, 8)
    assert home.findings == []
    return home


@pytest.fixture
def home(lived: Home) -> Home:
    """A person who lived as always for eight days."""
    return lived.copy()


@pytest.fixture(scope="module")
def beaten() -> Home:
    """The same, with sensors that speak each hour of the night."""
    home = Home()
    for day in range(8):
        beat(home, day, range(7), "motion", "door_open")
        home.day(day)
    return home


def test_whoever_does_not_get_up_is_asked_and_then_somebody_is_called(home: Home) -> None:
    home.until(moment(8, "12:00"))
    ask, raised = home.findings
    assert (ask.stage, raised.stage) == (Stage.ASK, Stage.RAISE)
    assert ask.key == raised.key == "inactivity"
    assert raised.rule == RULE
    assert raised.urgency is Urgency.URGENT
    assert raised.since == moment(7, "21:30")
    assert timedelta(minutes=40) <= timedelta(milliseconds=raised.at - ask.at)
    assert ask.facts["what"] == "still"
    assert int(ask.facts["minutes"]) >= int(ask.facts["limit_minutes"])


def test_nobody_is_told_twice_and_a_sign_of_life_ends_it(home: Home) -> None:
    home.until(moment(8, "15:00"))
    home.say(8, "15:00")
    assert home.stages == [Stage.ASK, Stage.RAISE, Stage.END]
    assert {each.key for each in home.findings} == {"inactivity"}


@pytest.mark.parametrize("kind", ["motion", "here", "button_press", "sos"])
def test_an_answer_in_time_calls_nobody(home: Home, kind: str) -> None:
    while not home.findings:
        home.until(home.now + home.tick_ms)
    at = home.now + 1
    home.take(Signal(1, at, at, kind, "x"))
    home.until(at + HOUR_MS)
    assert home.stages == [Stage.ASK, Stage.END]


def test_a_value_is_a_sign_of_life_and_a_late_one_is_none(home: Home, lived: Home) -> None:
    home.measure(8, "08:30")
    home.until(moment(8, "11:00"))
    assert home.findings == []
    other = lived.copy()
    other.measure(8, "08:30", late_ms=HOUR_MS)
    other.measure(8, "08:45", kind="room_climate")
    other.until(moment(8, "12:00"))
    assert other.stages == [Stage.ASK, Stage.RAISE]


def test_without_sensors_nothing_is_learned_of_when_somebody_measures() -> None:
    home = Home()
    for day in range(20):
        home.measure(day, "08:00")
        home.measure(day, "19:00")
    home.until(moment(22, "00:00"))
    assert home.findings == []
    assert home.rhythm.habit.days == 0


def test_what_the_store_has_of_the_home_counts_as_a_signal(home: Home) -> None:
    home.measure(8, "08:30", kind="home_activity")
    home.until(moment(8, "11:00"))
    assert home.findings == []
    assert home.rhythm.sensors["m"].kind == "motion"


def test_a_state_that_is_said_again_is_no_sign_of_life(home: Home) -> None:
    for hour in range(12):
        home.say(8, f"{hour:02}:00", value=0)
        home.say(8, f"{hour:02}:00", "door_open", 0)
        home.say(8, f"{hour:02}:00", "occupancy", 0)
        home.say(8, f"{hour:02}:00", "illuminance", 5)
    assert home.stages == [Stage.ASK, Stage.RAISE]


def test_what_comes_late_is_no_sign_of_now(home: Home) -> None:
    home.say(8, "08:30", late_ms=2 * HOUR_MS)
    home.until(moment(8, "12:00"))
    assert home.stages == [Stage.ASK, Stage.RAISE]


def test_out_is_not_still(home: Home) -> None:
    home.say(8, "07:00")
    home.passes(8, "07:30")
    home.say(8, "07:31")  # at the door once more
    home.until(moment(8, "19:00"))
    assert home.findings == []
    assert home.rhythm.presence.out_at is not None


def test_out_for_far_too_long_is_asked_and_told_with_less_haste(home: Home) -> None:
    home.say(8, "07:00")
    home.passes(8, "07:30")
    home.until(moment(9, "03:00"))
    ask, raised = home.findings
    assert ask.at == moment(8, "21:30")  # after 14 hours
    assert raised.at == moment(9, "02:30")
    assert raised.key == "inactivity/out"
    assert raised.urgency is Urgency.TODAY
    home.passes(9, "03:05")
    home.say(9, "03:06")
    assert home.stages == [Stage.ASK, Stage.RAISE, Stage.END]
    assert home.rhythm.habit.absences[-1] == (19 * 60 + 30, 0)


def test_who_answers_from_afar_is_out_anew(home: Home) -> None:
    home.passes(8, "07:30")
    home.say(8, "21:45", "here", device="telephone")
    home.until(moment(9, "11:30"))
    assert home.stages == [Stage.ASK, Stage.END]
    assert "telephone" not in home.rhythm.sensors


def test_who_stays_when_a_visitor_leaves_is_at_home_again(home: Home) -> None:
    home.say(8, "07:00")
    home.passes(8, "07:30")
    home.say(8, "07:40")
    home.say(8, "08:30")  # the first is too old by now
    assert home.rhythm.presence.out_at is not None
    home.say(8, "08:40")
    home.say(8, "08:50")
    home.say(8, "09:00")
    assert home.rhythm.presence.out_at is None
    home.until(moment(8, "18:00"))
    assert home.stages == [Stage.ASK, Stage.RAISE]


def test_who_gets_into_bed_is_at_home(home: Home) -> None:
    home.passes(8, "07:30")
    home.say(8, "07:32", "occupancy", 0, "bed")
    home.say(8, "07:40", "occupancy", 1, "bed")
    assert home.rhythm.presence.out_at is None


def test_a_passing_through_the_door_of_many_messages_is_one(home: Home) -> None:
    home.say(8, "07:00")
    for _ in range(3):
        home.passes(8, "07:30")
    home.passes(8, "07:32")
    assert not home.rhythm.presence.was_out
    home.passes(8, "09:00")
    assert home.rhythm.presence.was_out
    home.say(8, "09:00")
    assert home.rhythm.presence.out_at is None


def test_in_warm_up_nothing_is_said() -> None:
    home = Home()
    home.days(0, 5)
    home.until(moment(6, "20:00"))
    assert home.findings == []
    assert home.rhythm.habit.days < SHORT.warm_up_days


def test_a_new_person_is_not_missed() -> None:
    home = Home()
    home.until(moment(20, "00:00"))
    home.take(ClockUnknown(home.now))
    assert home.findings == []
    assert home.rhythm.habit.days == 0


def test_a_pause_says_nothing_and_teaches_nothing(home: Home) -> None:
    home.pause(moment(8, "00:00"), moment(12, "00:00"))
    before = home.rhythm.habit.longest
    home.say(9, "12:00")
    home.passes(9, "14:00")
    home.passes(9, "15:00")
    home.say(9, "15:01")
    home.until(moment(12, "12:00"))
    assert home.findings == []
    assert set(home.rhythm.habit.longest) == set(before)
    assert max(home.rhythm.habit.longest["w12"]) <= 120
    home.say(12, "12:00")
    home.say(12, "12:00", "door_open", 0)
    home.until(moment(12, "20:00"))
    assert home.stages == [Stage.ASK, Stage.RAISE]


def test_a_pause_ends_what_was_asked(home: Home) -> None:
    home.until(moment(8, "12:00"))
    home.pause(moment(8, "12:00"), None)
    home.until(moment(8, "13:00"))
    assert home.stages == [Stage.ASK, Stage.RAISE, Stage.END]


def test_while_the_hub_was_off_nobody_was_still(home: Home) -> None:
    home.until(moment(8, "06:00"))
    home.is_off = True
    home.until(moment(8, "11:00"))
    home.is_off = False
    home.until(moment(8, "13:30"))
    assert home.findings == []
    home.until(moment(8, "20:00"))
    assert home.stages == [Stage.ASK, Stage.RAISE]


def test_an_outage_before_the_first_sign_is_none() -> None:
    home = Home()
    home.until(moment(0, "01:00"))
    home.is_off = True
    home.until(moment(0, "05:00"))
    home.is_off = False
    home.until(moment(0, "06:00"))
    assert home.rhythm.presence.seen is None


def beat(home: Home, day: int, hours: range, *devices: str) -> None:
    for hour in hours:
        for device in devices:
            kind = "door_open" if device == "door_open" else "motion"
            home.say(day, f"{hour:02}:00", kind, 0, device)


def test_silent_sensors_say_nothing_of_the_person(beaten: Home) -> None:
    home = beaten.copy()
    home.until(moment(9, "10:00"))
    assert home.findings == []
    assert home.rhythm.presence.is_blind
    home.say(9, "10:00", value=0)
    home.until(moment(9, "10:30"))
    assert not home.rhythm.presence.is_blind
    assert home.findings == []
    beat(home, 9, range(11, 24), "motion", "door_open")
    assert home.stages == [Stage.ASK, Stage.RAISE]


def test_a_sign_of_life_after_blindness_teaches_nothing(beaten: Home) -> None:
    home = beaten.copy()
    home.until(moment(9, "10:00"))
    home.say(9, "10:10")
    assert not home.rhythm.presence.is_blind
    assert home.rhythm.today.longest == {}


def test_a_silent_sensor_at_the_door_lets_stillness_last_as_absences_do(beaten: Home) -> None:
    home = beaten.copy()
    home.say(8, "07:00")
    beat(home, 8, range(8, 24), "motion")
    assert home.stages == [Stage.ASK, Stage.RAISE]
    assert home.findings[0].at >= moment(8, "21:00")


def test_what_one_of_two_sensors_does_not_tell_stillness_may_last_longer() -> None:
    home = Home()
    for day in range(8):
        beat(home, day, range(7), "motion", "other")
        home.day(day, door=False)
        home.say(day, "21:31", device="other")
    home.say(8, "07:00")
    beat(home, 8, range(8, 13), "motion")
    told = home.findings[0]
    assert told.facts["limit_minutes"] > home.rhythm.habit.limits["w10"]


def test_more_sensors_than_a_home_has_are_left_out() -> None:
    home = Home()
    for number in range(MOST_SENSORS + 3):
        home.say(0, "07:00", device=f"m{number}")
    assert len(home.rhythm.sensors) == MOST_SENSORS


def test_stillness_that_somebody_was_called_for_is_no_habit(home: Home) -> None:
    limit = home.rhythm.habit.limits["w20"]
    home.until(moment(8, "23:00"))
    home.day(9)
    home.until(moment(10, "01:00"))
    assert home.rhythm.habit.longest["w20"][-2:] != (22 * 60, 22 * 60)
    assert max(home.rhythm.habit.longest["w20"]) <= limit * 3 // 2


def test_days_of_rest_are_learned_apart() -> None:
    home = Home()
    for day in range(21):
        is_rest = day % 7 >= 5
        for half in range(20 if is_rest else 12, 44):
            home.say(day, f"{half // 2:02}:{half % 2 * 30:02}")
    assert home.findings == []
    limits = home.rhythm.habit.limits
    assert limits["r09"] > limits["w09"]


def test_a_pet_does_not_hide_that_nobody_moves() -> None:
    home = Home()
    home.days(0, 10, pet=True)
    assert home.rhythm.habit.has_pet
    assert home.findings == []
    home.say(10, "07:00")
    for hour in range(8, 24):
        home.say(10, f"{hour:02}:00", device="motion") if hour % 3 == 0 else None
    few = [each for each in home.findings if each.key == "inactivity/few"]
    assert [each.stage for each in few] == [Stage.ASK, Stage.RAISE]
    assert few[0].facts["what"] == "few"
    home.day(11, pet=True)
    home.until(moment(12, "06:00"))
    assert [each.stage for each in home.findings if each.key == "inactivity/few"][-1] is Stage.END


def test_off_ends_what_was_asked(home: Home) -> None:
    home.until(moment(8, "12:00"))
    after, found = rhythm.over(home.plan, home.rhythm, home.now)
    assert [each.stage for each in found] == [Stage.END]
    assert after.doubts == {}
    assert rhythm.over(home.plan, after, home.now) == (after, ())


def test_a_rhythm_goes_through_json_and_goes_on_as_before(home: Home) -> None:
    home.say(8, "07:00")
    home.until(moment(8, "09:00"))
    stored = json.loads(json.dumps(plain(home.rhythm)))
    assert build(Rhythm, stored) == home.rhythm
    assert len(json.dumps(stored)) < 20_000
