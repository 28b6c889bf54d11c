from dataclasses import replace

from edge.care.finding import Finding, Stage, Urgency
from edge.trial.calendar import DAY_MS
from edge.trial.score import Call, Score, calls_of
from edge.trial.truth import FALL, Truth

ILL = Truth(1, "infection", 10 * DAY_MS, 11 * DAY_MS, 16 * DAY_MS, 18 * DAY_MS, {}, 0.5)
FELL = Truth(1, FALL, 30 * DAY_MS, 30 * DAY_MS + 1, 31 * DAY_MS, 31 * DAY_MS + 1, {}, 1)


def call(day: float, rule: str = "baseline", *, is_ask: bool = False) -> Call:
    return Call(round(day * DAY_MS), rule, is_ask)


def score(*calls: Call, watches_home: bool = True) -> Score:
    found = Score("own", days=60, watches_home=watches_home)
    found.add([ILL, FELL], calls)
    return found


def test_a_call_before_the_onset_or_long_after_is_false() -> None:
    found = score(call(9.9), call(10.5), call(18.9), call(19.1))
    assert (found.vital_false, found.vital_true) == (2, 2)
    assert found.figures()["vital"]["false_per_person_month"] == 1.0  # type: ignore[index]


def test_the_first_call_within_the_illness_is_its_delay() -> None:
    found = score(call(9), call(12), call(11.5))
    (ill, fell) = found.found
    assert ill.delay_days == 1.5
    assert fell.delay_days is None


def test_a_fall_is_found_by_stillness_alone_and_before_somebody_comes() -> None:
    assert score(call(30.2)).found[1].delay_days is None
    assert score(call(30.25, "inactivity")).found[1].delay_days == 0.25
    assert score(call(31.2, "inactivity")).found[1].delay_days is None
    assert score(call(30.2, "inactivity")).found[0].delay_days is None


def test_stillness_of_whoever_is_ill_is_no_false_call() -> None:
    found = score(call(12, "inactivity"), call(40, "inactivity"))
    assert (found.still_false, found.still_true) == (1, 1)


def test_who_is_only_asked_is_not_called() -> None:
    found = score(call(5, is_ask=True), call(5, "inactivity", is_ask=True), call(12, is_ask=True))
    assert (found.vital_false, found.still_false) == (0, 0)
    assert (found.vital_asks, found.still_asks) == (2, 1)
    assert found.found[0].delay_days is None


def test_what_is_about_devices_is_counted_apart() -> None:
    found = score(call(5, "missed"), call(5, "silent", is_ask=True))
    assert found.vital_false == 0
    assert found.technical == {"missed": 1, "silent (ask)": 1}


def test_falls_are_not_missed_by_who_does_not_look_at_the_home() -> None:
    assert [each.truth for each in score(watches_home=False).found] == [ILL]


def finding(stage: Stage, at: int, key: str = "k") -> Finding:
    return Finding(1, key, "limit", stage, Urgency.TODAY, at, at)


def test_a_trouble_is_called_for_once_as_long_as_it_lasts() -> None:
    stages = [Stage.ASK, Stage.ASK, Stage.RAISE, Stage.RAISE, Stage.END, Stage.RAISE]
    calls = calls_of(finding(stage, at) for at, stage in enumerate(stages))
    assert [(each.at, each.is_ask) for each in calls] == [(0, True), (2, False), (5, False)]


def test_delays_have_a_half_and_a_nine_of_ten() -> None:
    found = Score("own", days=60)
    for days in range(1, 11):
        truth = Truth(1, "infection", 0, 1, 40 * DAY_MS, 41 * DAY_MS, {}, 0)
        found.add([truth], [call(days)])
    figures = found.figures()["all"]
    assert figures == {
        "deteriorations": 10, "found": 10, "median_delay_days": 5.5, "delay_90_days": 9.0,
        "noticeable": 0, "median_delay_noticeable_days": None,
    }  # fmt: skip


def test_a_second_delay_is_from_when_it_could_be_seen() -> None:
    truth = replace(ILL, noticeable=round(10.5 * DAY_MS))
    for days, later in ((12, 1.5), (10.25, -0.25)):
        found = Score("own", days=60)
        found.add([truth], [call(days)])
        (ill,) = found.found
        assert (ill.delay_days, ill.noticed_days) == (days - 10, later)
        assert found.figures()["vital"]["median_delay_noticeable_days"] == later  # type: ignore[index]
    found = Score("own", days=60)
    found.add([truth], [])
    assert found.found[0].noticed_days is None
