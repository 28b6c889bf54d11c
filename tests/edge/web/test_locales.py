"""Every language says dates, numbers and money, also without what was left out of its data."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from edge.web import course_words, words
from edge.web.locales import locale_of
from edge.web.tongue import TONGUES, speaking

MOMENT = datetime(2026, 11, 23, 15, 24, tzinfo=UTC)
AT = round(MOMENT.timestamp() * 1000)


@pytest.mark.parametrize("key", TONGUES)
def test_what_pages_say(key: str) -> None:
    with speaking(TONGUES[key]):
        said = [
            words.date(date(2026, 11, 23)),
            words.number(1234.5, 1),
            words.ago(AT - 9 * 86_400_000, words.local(AT)),
            course_words.cost(1250),
            course_words.month(AT),
            course_words.languages(("de", "uk", "ar")),
        ]
    assert all(said)
    assert "12" in said[3]
    assert locale_of(TONGUES[key].code).days["format"]["abbreviated"]


def test_german_as_people_write_it() -> None:
    with speaking(TONGUES["de"]):
        assert course_words.cost(1250) == "12,50\xa0€"
        assert course_words.month(AT) == "November 2026"
        assert course_words.languages(("de", "tr")) == "Deutsch, Türkisch"
