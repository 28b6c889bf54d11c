"""Every reason why something did not come: said in German, with when it last did and what to do."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync.carrier.base import CarrierError, Reason, disk_error
from sync.carrier.memory import MemoryCarrier
from sync.county import reasons, report
from sync.county.details import detail
from sync.county.ledger import Contact, Finding
from sync.county.reasons import OK, Fault
from sync.county.web import views

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

NOW = 1_795_000_000_000
HOUR = 3_600_000
CODES = [*map(str, Reason), *map(str, Fault)]
EPOCH = "00" * 8
_NOTICE = {"id": "a", "title": "T", "text": "B", "from": NOW, "until": NOW + HOUR}
# what is raised, as it is raised
MESSAGES = {
    "cut after 65536 of 131072 bytes": "abgerissen nach 65.536 von 131.072 Bytes",
    f"segments 5 to 7 of {EPOCH} are missing": "Sendungen 5 bis 7 fehlen",
    f"segments 5 to 5 of {EPOCH} are missing": "Sendung 5 fehlt",
    f"the hub is at 3, we hold 9 of {EPOCH}": "der Hub ist bei Nummer 3",
    f"the hub begins at 9, we hold 3 of {EPOCH}": "der Hub hat erst ab Nummer 9",
    "segment 4 was signed twice, with different content": "Sendung 4 ist zweimal unterschrieben",
    "segment 4 is signed by a key that was replaced": "abgelösten Schlüssel",
    f"2 segments above number 3 of {EPOCH}": "2 Sendungen über Nummer 3",
    "HTTP 403 Forbidden: Die Anmeldung ist noch nicht bestätigt.": "Der Hub sagt: Die Anmeldung",
    "another pull of this hub is running": "ein anderer Abruf dieses Hubs läuft gerade",
}
ENGLISH = re.compile(
    r"\b(the|this|that|were|not|of|and|with|hub's|segment|bundle|error|line|answer|device)\b"
)


@pytest.mark.parametrize("code", CODES)
def test_each_says_why_when_it_last_worked_and_what_to_do(
    office: Office, writer: Writer, code: str
) -> None:
    ledger = office.county.ledger
    office.know(writer)
    ledger.add_address(writer.id, "https://192.0.2.7:8082", now_ms=NOW)
    ledger.add_contact(Contact(writer.id, NOW, "line", OK, "", 4, 400))
    ledger.add_contact(Contact(writer.id, NOW + HOUR, "line", code, "x broke in the y", 0, 0))
    ledger.add_finding(Finding(NOW + HOUR, writer.id, "line", code, "the x broke", "1.dhb"))
    found = report.status(office.county)
    text = "\n".join(report.sentences(found, now_ms=NOW + 3 * HOUR))
    shown = views.hub_view(office.county, found.hubs[0], NOW + 3 * HOUR)
    (first,) = views.findings(office.county, NOW, limit=3)
    assert "Zuletzt angekommen: 18.11.2026" in text
    if code in (Fault.NOT_CONFIRMED, Fault.QUARANTINED):  # of a hub that is confirmed since
        assert found.hubs[0].code == "never"
        return
    assert f"Warum nichts kam: {reasons.sentence(code)} [{code}] – 18.11.2026" in text
    assert f"Was tun: {reasons.hint(code)}" in text
    assert shown.sentence == reasons.sentence(code)
    assert shown.hint
    assert shown.last_success.startswith("heute")
    assert reasons.sentence(code) in first.what
    for line in (*text.splitlines(), shown.detail, first.detail, first.what):
        assert not ENGLISH.search(line), line


@pytest.mark.parametrize(("message", "said"), MESSAGES.items())
def test_what_exactly_was_wrong_is_said_in_german(message: str, said: str) -> None:
    assert detail(message).startswith(said) or said in detail(message)
    assert not ENGLISH.search(detail(message))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_says_what_is_wrong_with_it(number: int) -> None:
    error = disk_error(OSError(number, os.strerror(number)), Path("/media/usb"))
    assert detail(str(error)).startswith("/media/usb: ")
    assert not ENGLISH.search(detail(str(error)))


def test_what_says_nothing_to_people_is_not_shown() -> None:
    assert detail("") == ""
    assert detail("an exponent out of bounds (at byte 12)") == ""


def test_a_line_that_is_cut_says_where(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(1)

    class Cut(MemoryCarrier):
        def fetch(self, *_: object) -> None:
            raise CarrierError(Reason.CUT, "cut after 1200 of 3400 bytes", received=1200)

    carrier = Cut(writer.head, lambda *_: b"", writer.acks.append)  # type: ignore[arg-type]
    outcome = office.pull(writer, carrier)
    text = "\n".join(report.outcome_lines(outcome))
    assert "[cut]" in text
    assert "Genauer: abgerissen nach 1.200 von 3.400 Bytes" in text
    assert "Was tun: Der nächste Abruf macht dort weiter" in text


def test_a_gap_names_its_numbers_and_status_how_far_both_are(
    office: Office, writer: Writer, stick: Path
) -> None:
    from edge.clock import FixedClock  # noqa: PLC0415 - here alone
    from sync import county_words  # noqa: PLC0415
    from sync.events import Event  # noqa: PLC0415

    office.know(writer)
    writer.add(3)
    writer.write(stick, 1, 3)
    outcome = office.pull(writer, writer.folder(stick))
    assert outcome.code == "gap"
    with office.county.streams() as streams:
        word = Event(NOW, 4, county_words.NOTICE, _NOTICE)
        streams.tell(b"", [word], FixedClock(NOW).stamp())
    text = "\n".join(report.sentences(report.status(office.county), now_ms=NOW))
    assert "Genauer: Sendung 1 fehlt" in text
    assert "Hat vom Landkreis (für alle Hubs): bis Nummer 0 von 2, 2 noch nicht" in text


def test_the_village_has_a_sentence_and_a_hint_for_each_notice() -> None:
    from sync import replies  # noqa: PLC0415 - what is asked about

    for code, said in replies._NOTICES.items():
        assert code in set(Fault)
        text = said.format(seq=7, code=code)
        assert not ENGLISH.search(text.replace("sync new-epoch", ""))
