from __future__ import annotations

from datetime import date, time
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest
from icalendar import Calendar

from edge.desk.board_slip import slip_hash
from edge.desk.board_upkeep import board_upkeep
from edge.desk.feeds import calendar, news, when
from edge.desk.notices import KEPT_DAYS, MAX_WAITING, WITHDRAWN, NoticeDesk
from edge.learning.errors import SlipUnreadable
from edge.learning.moment import to_local, to_ms
from edge.learning.slip import shown, slip_of
from edge.store.edited import EditedSince, NotThere
from edge.store.village_county import CountyNotice, put_notice
from edge.store.village_materials import RefusedFile
from edge.village.notice import Draft, Times, drafted
from edge.village.rss import Channel
from edge.village.words import Refused
from tests.edge.desk.conftest import NOW_MS, Hall

DAY = 86_400_000
CHANNEL = Channel("Neues", "http://hub.lan/termine", "")


def desk(hall: Hall) -> NoticeDesk:
    return NoticeDesk(hall.village, hall.clock)


def draft(title: str = "Fest", text: str = "", **times: object) -> Draft:
    return drafted(title, text, "Saal", Times(**times), NOW_MS)  # type: ignore[arg-type]


def evening(title: str = "Singkreis") -> Draft:
    return draft(
        title, "Alle; auch, die nie sangen.", day=date(2026, 9, 8), start=time(19, 30),
        end=time(21), repeat="week", until=date(2026, 9, 29),
    )  # fmt: skip


def test_a_proposal_hangs_once_a_volunteer_lets_it(hall: Hall) -> None:
    slip = desk(hall).propose(draft(), "a")
    assert hall.village.notices(NOW_MS) == []
    (one,) = desk(hall).waiting()
    assert (one.title, one.state, one.rev) == ("Fest", "proposed", 1)
    desk(hall).approve(one.notice, draft("Dorffest"), one.rev)
    assert [hung.title for hung in hall.village.notices(NOW_MS)] == ["Dorffest"]
    assert desk(hall).waiting() == []
    mine = desk(hall).mine(shown(slip).lower())
    assert (mine.title, mine.state, mine.rev) == ("Dorffest", "approved", 2)


def test_a_form_sent_twice_is_one_proposal(hall: Hall) -> None:
    slips = {desk(hall).propose(draft(), "a") for _ in range(3)}
    assert len(slips) == 1
    assert len(desk(hall).waiting()) == 1
    hung = [desk(hall).hang(draft("Eigenes"), "b").notice for _ in range(2)]
    assert len(set(hung)) == 1


def test_a_slip_that_is_somebody_elses_is_passed_over(hall: Hall) -> None:
    taken = slip_of("b")
    hall.village.put_notice(
        draft(), NOW_MS, state="proposed", slip_hash=slip_hash(taken), token_hash=b"x"
    )
    first = desk(hall).propose(draft("Meins"), "b")
    assert first == slip_of("b", 1)
    assert desk(hall).propose(draft("Meins"), "b") == first
    assert desk(hall).mine(first).title == "Meins"


def test_the_second_of_two_volunteers_is_told_and_nothing_is_stored(hall: Hall) -> None:
    desk(hall).propose(draft(), "a")
    (one,) = desk(hall).waiting()
    desk(hall).approve(one.notice, draft("Von Anna"), one.rev)
    with pytest.raises(EditedSince) as error:
        desk(hall).approve(one.notice, draft("Von Bert"), one.rev)
    assert error.value.rev == 2
    assert hall.village.board_notice(one.notice).title == "Von Anna"
    with pytest.raises(EditedSince):
        desk(hall).decline(one.notice, "doppelt", one.rev)
    desk(hall).approve(one.notice, draft("Von Bert"), error.value.rev)
    assert hall.village.board_notice(one.notice).title == "Von Bert"


def test_declining_says_why_and_takes_it_down(hall: Hall) -> None:
    slip = desk(hall).propose(draft(), "a")
    (one,) = desk(hall).waiting()
    with pytest.raises(Refused):
        desk(hall).decline(one.notice, " ", one.rev)
    desk(hall).decline(one.notice, "Das war letztes Jahr.", one.rev)
    mine = desk(hall).mine(slip)
    assert (mine.state, mine.reason) == ("declined", "Das war letztes Jahr.")
    assert hall.village.notices(NOW_MS) == []
    with pytest.raises(NotThere):
        desk(hall).decline(99, "warum", 1)


def test_who_wrote_it_takes_it_down(hall: Hall) -> None:
    hung, waits = desk(hall).propose(draft(), "a"), desk(hall).propose(draft(), "b")
    desk(hall).approve(desk(hall).mine(hung).notice, draft(), 1)
    for slip in (hung, waits, hung, waits):  # twice changes nothing
        desk(hall).withdraw(slip)
    assert hall.village.notices(NOW_MS) == []
    assert desk(hall).waiting() == []
    assert desk(hall).mine(waits).reason == WITHDRAWN
    with pytest.raises(SlipUnreadable):
        desk(hall).withdraw("123")
    with pytest.raises(Refused) as error:
        desk(hall).withdraw(slip_of("nobody"))
    assert error.value.code == "unknown"


def test_a_volunteer_who_edits_meanwhile_is_told_that_it_came_down(hall: Hall) -> None:
    slip = desk(hall).propose(draft(), "a")
    desk(hall).approve(1, draft(), 1)
    desk(hall).withdraw(slip)
    with pytest.raises(EditedSince):
        desk(hall).approve(1, draft(), 2)


def test_a_number_hangs_only_if_a_volunteer_says_whose_it_is(hall: Hall) -> None:
    tells = draft("Amt", "Ruf 06403 123456")
    with pytest.raises(Refused) as error:
        desk(hall).propose(tells, "a")
    assert error.value.code == "reach"
    with pytest.raises(Refused):
        desk(hall).hang(tells, "b")
    assert desk(hall).hang(tells, "b", public_number=True).state == "approved"


def test_too_much_that_waits_is_refused(hall: Hall) -> None:
    for turn in range(MAX_WAITING):
        desk(hall).propose(draft(), str(turn))
    with pytest.raises(Refused) as error:
        desk(hall).propose(draft(), "one more")
    assert error.value.code == "full"


def test_it_hangs_in_its_time_and_is_gone_after(hall: Hall) -> None:
    desk(hall).hang(draft(shown_from=date(2026, 9, 3), shown_until=date(2026, 9, 4)), "a")
    assert desk(hall).dates(0, 1 << 60) == []
    assert [len(hall.village.notices(NOW_MS + n * DAY)) for n in range(5)] == [0, 0, 1, 1, 0]
    hall.clock.advance(5 * DAY)
    assert desk(hall).hanging() == []


def test_what_nobody_decided_is_forgotten(hall: Hall) -> None:
    desk(hall).propose(draft(), "a")
    desk(hall).hang(draft(), "b")
    hall.clock.advance((KEPT_DAYS - 1) * DAY)
    assert desk(hall).forget() == 0
    hall.clock.advance(2 * DAY)
    assert desk(hall).forget() == 1
    assert hall.village.board_notice(2).state == "approved"


def test_the_name_of_a_file_that_was_not_taken_goes(hall: Hall) -> None:
    now = hall.clock.wall_ms
    for at in (now - 31 * DAY, now - 29 * DAY):
        hall.village.refuse_material(RefusedFile(at, "Lebenslauf.docx", 1, "office", "", "upload"))
    board_upkeep(hall.village, hall.vault, hall.clock)
    assert [one.at for one in hall.village.refused_materials()] == [now - 29 * DAY]
    assert hall.village.forget_refused() == 1


def test_an_event_stands_in_the_calendar_each_time_and_beside_courses(hall: Hall) -> None:
    hall.published()
    desk(hall).hang(evening(), "a")
    desk(hall).propose(evening("Nur vorgeschlagen"), "b")
    found = Calendar.from_ical(calendar("Holzheim", desk(hall), hall.courses, hall.clock))
    events = list(found.walk("VEVENT"))
    mine = [one for one in events if str(one["SUMMARY"]) == "Singkreis"]
    assert [one["DTSTART"].dt.isoformat() for one in mine] == [
        f"2026-09-{day:02d}T17:30:00+00:00" for day in (8, 15, 22, 29)
    ]
    assert len({str(one["UID"]) for one in events}) == len(events)
    assert str(mine[0]["DESCRIPTION"]) == "Alle; auch, die nie sangen."
    assert str(mine[0]["LOCATION"]) == "Saal"
    assert {str(one["SUMMARY"]) for one in events} == {"Singkreis", "Sicher im Netz"}
    assert found.errors == []


def test_the_feed_holds_what_hangs_and_is_read_by_a_parser(hall: Hall) -> None:
    desk(hall).hang(evening(), "a")
    desk(hall).hang(draft("<script>", "a & b"), "b")
    desk(hall).propose(draft("Nur vorgeschlagen"), "c")
    with hall.village.connection.transaction() as driver:
        put_notice(
            driver,
            CountyNotice(b"k" * 32, "1", "Kreis", "Sperrmüll", "Am 9.", NOW_MS - 5 * DAY, None),
        )
    root = ET.fromstring(news(CHANNEL, desk(hall), hall.village, hall.clock))  # noqa: S314
    items = root.findall("channel/item")
    titles = [one.findtext("title") for one in items]
    assert sorted(titles[:2], key=str) == ["<script>", "Singkreis"]
    assert titles[2] == "Sperrmüll (Kreis)"
    told = {one.findtext("title"): one.findtext("description") for one in items}
    assert told["Singkreis"] == (
        "08.09.2026, 19:30 bis 21:00 Uhr<br>Saal<br>Alle; auch, die nie sangen."
    )
    assert told["<script>"] == "a &amp; b<br>Saal"
    stamp = parsedate_to_datetime(items[0].findtext("pubDate") or "")
    assert stamp.timestamp() * 1000 == NOW_MS // 1000 * 1000
    assert len({one.findtext("guid") for one in items}) == 3


def test_over_midnight_and_over_days_both_days_are_said(hall: Hall) -> None:
    desk(hall).hang(draft("Tanz", day=date(2026, 9, 5), start=time(20), end=time(1)), "a")
    body = news(CHANNEL, desk(hall), hall.village, hall.clock).decode()
    assert "05.09.2026, 20:00 bis 06.09.2026, 01:00 Uhr" in body


def test_when_it_is_next_or_was_last(hall: Hall) -> None:
    one = desk(hall).hang(evening(), "a")
    begin, _ = when(one, to_ms(date(2026, 9, 9), time(9))) or (0, 0)
    assert f"{to_local(begin):%d.%m.}" == "15.09."
    begin, _ = when(one, to_ms(date(2026, 10, 9), time(9))) or (0, 0)
    assert f"{to_local(begin):%d.%m.}" == "29.09."
    assert when(desk(hall).hang(draft(), "b"), NOW_MS) is None
