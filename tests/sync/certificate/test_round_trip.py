"""From hub.toml's name to a chain before nginx: by line and stick, renewed, refused, killed."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge import certificate
from hardware.reading import TimeQuality
from sync import stick, stick_in
from sync.certificate import store, words
from sync.county import certificates, visits
from sync.inflow import Taken
from tests.sync.certificate.conftest import DAY, HOST, T0, Both


def test_a_certificate_comes_over_a_line(both: Both) -> None:
    assert both.step().code == "waiting"
    assert both.step().code == "waiting"  # it asks once
    both.pull()
    (one,) = both.wanted()
    assert (one.hub, one.name, one.state, one.allowed) == (both.hub.hub, HOST, "new", False)
    assert both.work() == (0, 0)  # a person has not said whose name it is
    assert both.authority.made == []
    both.allow()
    assert both.work() == (1, 0)
    assert both.work() == (0, 0)
    both.pull()
    state = both.step()
    assert state.code == "ok"
    assert "gilt bis 04.01.2027" in state.message
    file = both.web.certificate
    assert file.read_bytes().startswith(both.authority.made[0].strip())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in both.web.tls.iterdir()] == ["hub.pem"]
    held = certificate.standing(file)
    assert held is not None
    assert certificate.key_of(file.read_bytes()[len(both.authority.made[0].strip()) :]) == held.key
    (one,) = both.wanted()
    assert (one.state, one.until_ms) == ("issued", held.until_ms)


def test_a_certificate_comes_by_stick(both: Both, tmp_path: Path) -> None:
    usb = tmp_path / "usb"
    usb.mkdir()
    both.step()
    assert list(stick.export(both.village.outbox, usb, 0))
    (outcome,) = visits.import_folder(both.county, usb)
    assert outcome.code == "ok"
    both.allow()
    assert both.work() == (1, 0)
    visits.export_folder(both.county, usb)
    hub = both.village.identity.name
    taken = list(stick_in.take(both.inflow, usb, hub, way="usb", now_ms=T0))
    assert all(isinstance(found, Taken) for _, _, found in taken)
    assert both.step().code == "ok"


def obtain(both: Both) -> None:
    both.step()
    both.pull()
    both.allow()
    assert both.work() == (1, 0)
    both.pull()
    assert both.step().code == "ok"


def test_at_two_thirds_of_its_life_the_next_is_asked_for(both: Both) -> None:
    obtain(both)
    first = both.web.certificate.read_bytes()
    both.advance(31)
    assert both.step().code == "ok"
    both.advance(0.5)
    state = both.step()
    assert state.code == "waiting"
    assert "gilt bis" in state.message
    assert both.web.certificate.read_bytes() == first  # it holds for fifteen days more
    both.pull()
    assert both.work() == (1, 0)  # whose name it is was said
    both.pull()
    assert both.step().code == "ok"
    assert both.web.certificate.read_bytes() != first
    held = certificate.standing(both.web.certificate)
    assert held is not None
    assert held.until_ms > T0 + 77 * DAY


def test_without_a_clock_it_waits(both: Both) -> None:
    assert both.step(quality=TimeQuality.UNKNOWN).code == "waiting"  # to ask needs no clock
    both.pull()
    both.allow()
    both.work()
    both.pull()
    state = both.step(quality=TimeQuality.UNKNOWN)
    assert state.code == "clock"
    assert "Uhr" in state.hint
    assert not both.web.certificate.exists()
    assert both.step().code == "ok"
    both.clock.advance(-56 * 365 * DAY)  # 1970, and nobody knows
    assert both.step(quality=TimeQuality.UNKNOWN).code == "ok"
    both.clock.advance(120 * 365 * DAY)
    assert both.step(quality=TimeQuality.UNKNOWN).code == "ok"  # nothing is asked by such a clock
    assert both.step().code in ("expired", "waiting")


def test_one_that_is_of_tomorrow_waits_for_tomorrow(both: Both) -> None:
    both.step()
    both.pull()
    both.allow()
    both.authority.now_ms = T0 + DAY
    stamp = replace(both.clock.stamp(), wall_ms=T0 + DAY)
    certificates.work(both.county, both.authority, stamp)
    both.pull()
    state = both.step()
    assert state.code == "waiting"
    assert "noch nicht" in state.message
    both.advance(1)
    assert both.step().code == "ok"


def test_what_the_county_refuses_is_said_and_asked_again_in_a_week(both: Both) -> None:
    both.step()
    both.pull()
    assert len(both.wanted()) == 1
    with both.county.streams() as streams:
        assert certificates.refuse(streams, both.hub, "Falscher Name.", both.clock.stamp()) == 1
    both.pull()
    state = both.step()
    assert state.code == "refused"
    assert "Falscher Name." in state.message
    assert both.step().code == "refused"
    both.advance(7.1)
    assert both.step().code == "waiting"
    both.pull()
    (one,) = both.wanted()
    assert one.state == "new"
    with both.county.streams() as streams:
        assert len(certificates.wanted(streams, everything=True)) == 2
    both.allow()
    both.work()
    both.pull()
    assert both.step().code == "ok"
    assert both.step(again=True).code == "waiting"


def test_another_name_is_asked_for_at_once(both: Both) -> None:
    obtain(both)
    both.web = replace(both.web, name="neu.example")
    state = both.step()
    assert state.code == "waiting"
    assert "neu.example" in state.message
    both.pull()
    (one,) = both.wanted()
    assert (one.name, one.allowed) == ("neu.example", False)


def test_no_two_hubs_have_one_name(both: Both) -> None:
    both.allow()
    both.allow()
    other = replace(both.hub, hub="f" * 16)
    with both.county.streams() as streams:
        with pytest.raises(certificates.CertificateError, match="hat schon"):
            certificates.allow(streams, other, HOST, T0)
        for name in ("", "kein Name", "-a.example", "a..example", "a.example/../b"):
            with pytest.raises(certificates.CertificateError):
                certificates.allow(streams, both.hub, name, T0)


def test_a_county_without_a_tool_and_a_hub_that_is_not_confirmed_wait(both: Both) -> None:
    both.step()
    both.pull()
    both.allow()
    assert certificates.work(both.county, None, both.clock.stamp()) == (0, 0)
    both.county.ledger.quarantine(both.hub.hub, reason="fork")
    assert both.work() == (0, 0)
    assert both.authority.made == []


def test_a_chain_that_does_not_fit_is_not_sent(both: Both) -> None:
    both.step()
    both.pull()
    both.allow()
    tool = both.authority
    _, other = certificate.request(HOST)

    class Wrong:
        def issue(self, label: str, name: str, csr: bytes) -> bytes:
            del label, name, csr
            return tool.chain(certificate.requested(other, HOST)[1])

    assert both.work(Wrong()) == (0, 1)
    (one,) = both.wanted()
    assert (one.state, "anderen Schlüssel" in one.why) == ("new", True)
    assert both.work() == (1, 0)


def test_a_chain_that_does_not_fit_is_not_used(both: Both) -> None:
    both.step()
    known = store.last(both.village.store.connection)
    assert known is not None
    _, other = certificate.request(HOST)
    chain = both.authority.chain(certificate.requested(other, HOST)[1])
    with both.village.store.connection.transaction() as driver:
        store.answer(driver, bytes(32), known.request, chain, "", T0)
        store.answer(driver, bytes(32), bytes(16), chain, "", T0)  # to nothing that was asked
    state = both.step()
    assert state.code == "refused"
    assert "anderen Schlüssel" in state.message
    assert not both.web.certificate.exists()


@pytest.mark.parametrize("place", ["ask", "write", "unlink"])
def test_a_stop_at_any_step_is_gone_on_with(
    both: Both, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    if place == "ask":
        with monkeypatch.context() as patch:
            patch.setattr(both.village.outbox.__class__, "say", cut)
            with pytest.raises(KeyboardInterrupt):
                both.step()
    both.step()
    both.pull()
    both.allow()
    both.work()
    both.pull()
    if place != "ask":
        what = {"write": "sync.certificate.keeper.write_private", "unlink": "pathlib.Path.unlink"}
        with monkeypatch.context() as patch:
            patch.setattr(what[place], cut)
            with pytest.raises(KeyboardInterrupt):
                both.step()
        if place == "unlink":  # and one after the key was taken away, before it was noted
            (both.web.tls / "next.key").unlink()
    assert both.step().code == "ok"
    assert not (both.web.tls / "next.key").exists()


def test_a_key_that_is_gone_is_asked_for_anew(both: Both) -> None:
    both.step()
    (both.web.tls / "next.key").write_bytes(b"rubbish")
    assert both.step().code == "waiting"
    both.pull()
    assert [one.state for one in both.wanted()] == ["new"]
    both.allow()
    both.work()
    both.pull()
    (both.web.tls / "next.key").unlink()
    state = both.step()
    assert "nicht mehr da" in state.message


def test_requests_that_came_before_the_county_knew_of_them_are_found(both: Both) -> None:
    both.step()
    both.pull()
    (file,) = both.county.config.requests.rglob("*.dhs")
    target = both.county.config.unread / file.relative_to(both.county.config.requests)
    target.parent.mkdir(parents=True)
    file.rename(target)
    (target.parent / "00000099.dhs").write_bytes(b"of a later version")
    assert [one.name for one in both.wanted()] == [HOST]
    assert [one.name for one in target.parent.iterdir()] == ["00000099.dhs"]


def test_a_request_that_the_lake_has_not_passed_does_not_count(both: Both) -> None:
    both.step()
    both.pull()
    (file,) = both.county.config.requests.rglob("*.dhs")
    file.rename(file.with_name("00000002.dhs"))
    position = both.village.outbox.position()
    assert position.last_seq == 1
    both.step(again=True)
    segment = both.village.outbox.read(2)
    (file.with_name("00000002.dhs")).write_bytes(segment)
    assert both.wanted() == []


def test_a_damaged_request_is_refused_by_itself(both: Both) -> None:
    one = words.Request(bytes(16), HOST, b"no request")
    stamp = both.clock.stamp()
    both.village.outbox.say(words.SCHEMA, [words.event_of(one, T0, 4)], stamp, lambda *_: None)
    both.pull()
    both.allow()
    assert both.work() == (0, 1)
    assert [(one.state, one.why) for one in both.wanted()] == [
        ("refused", "Der Antrag ist beschädigt.")
    ]


def test_the_sign_of_life(both: Both) -> None:
    keeper = both.keeper()
    (part,) = keeper.look(both.clock.stamp())
    assert (part.name, part.state) == ("certificate", "waiting")
    assert keeper.look(both.clock.stamp()) == [part]
    assert both.keeper(name="").look(both.clock.stamp()) == []
    (both.web.tls.parent / "file").write_bytes(b"")
    (part,) = both.keeper(tls=both.web.tls.parent / "file").look(both.clock.stamp())
    assert part.state == "degraded"
