from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.care.audit import OFFICE, looks
from edge.care.finding import Finding, Stage, Urgency
from edge.care.kinds import BUTTON
from edge.care.people import ContactRole
from edge.clock import SystemClock
from edge.config import Config, load
from edge.process.log import Log
from edge.store.personal import PersonalStore
from edge.worker.ladder import LadderSteps
from hardware.sim.modem import ModemOptions, VirtualModem
from hardware.sim.relay import VirtualRelay
from tests.edge.commands.terminal import typed_to

run = typed_to("care")
doctor = typed_to("doctor")


@pytest.fixture
def devices(config: Config) -> Iterator[tuple[ModemOptions, VirtualRelay]]:
    options = ModemOptions(pin="1234")
    with VirtualModem(options) as modem, VirtualRelay() as relay:
        with config.source.open("a") as file:
            file.write(
                f'\n[alarm.sms]\nline = "{modem.moniker}"\npin = "1234"\n'
                f'\n[alarm.siren]\nline = "{relay.moniker}"\nchannel = 3\n'
            )
        yield options, relay


def raised(config: Config) -> None:
    stamp = SystemClock().stamp()
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
        erna = store.add_person("Erna Weber", 1)
        for name in ("Karl", "Uwe"):
            contact = store.add_contact(name, ContactRole.RELATIVE, 1, phone="01701234567")
            store.put_in_circle(erna, contact, 1)
        finding = Finding(erna, "sos:1", "sos", Stage.RAISE, Urgency.EMERGENCY, 1, 1)
        store.take_findings([finding], stamp)
        LadderSteps(SystemClock(), Log()).run(store)


def test_an_alert_is_listed_taken_handed_over_and_closed(config: Config) -> None:
    assert run(config, "alert", "list").output == "Kein offener Alarm.\n"
    raised(config)
    listed = run(config, "alert", "list")
    assert listed.exit_code == 1
    assert "Alarm 1: NOTFALL, Erna Weber (sos)" in listed.output
    assert "Stufe: Angehörige, nächster Schritt" in listed.output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
        ((_, look),) = looks(store.audit_lines(1))
        assert (look.who, look.kinds, look.why) == (OFFICE, (BUTTON,), "Liste der Alarme")
    (one,) = json.loads(run(config, "alert", "list", "--json").output)["alerts"]
    assert (one["number"], one["state"], one["rung"]) == (1, "climbing", 3)
    assert run(config, "alert", "hand-over", "1", "--to", "2").exit_code == 1
    assert run(config, "alert", "ack", "1", "--by", "77").exit_code == 1
    assert run(config, "alert", "ack", "1", "--by", "1").exit_code == 0
    lost = run(config, "alert", "ack", "1", "--by", "2")
    assert lost.exit_code == 1
    assert "übernommen" in lost.output
    assert "Uwe wird gefragt" in run(config, "alert", "hand-over", "1", "--to", "2").output
    told = run(config, "alert", "list")
    assert (told.exit_code, "weitergegeben an Uwe" in told.output) == (0, True)
    assert run(config, "alert", "close", "1", "alles gut").exit_code == 0
    assert "erledigt" in run(config, "alert", "list", "--all").output
    assert run(config, "alert", "ack", "9").exit_code == 1


def test_a_test_goes_over_every_path_and_says_so(
    config: Config, devices: tuple[ModemOptions, VirtualRelay]
) -> None:
    options, relay = devices
    raised(config)
    run(config, "alert", "close", "1", "gut")
    told = run(config, "alert", "test", "--to", "1")
    assert told.exit_code == 0, told.output
    for line in ("siren: verschickt", "note: verschickt"):
        assert line in told.output
    assert "sms: angekommen" in told.output or "sms: verschickt" in told.output
    (sent,) = options.sent
    assert sent.text.startswith("PROBE, kein Alarm.")
    assert [(channel, on) for _, channel, on in relay.book] == [(3, True), (3, False)]
    (sheet,) = (config.hub.state / "alarm-notes").glob("*.txt")
    assert sheet.read_text().startswith("PROBE, kein Alarm.")
    assert run(config, "alert", "list").output == "Kein offener Alarm.\n"
    without = run(config, "alert", "test")
    assert "mit --to einen Kontakt nennen" in without.output
    assert len(options.sent) == 1
    options.send_error = 331
    broken = run(config, "alert", "test", "--to", "1")
    assert broken.exit_code == 1
    assert "sms: noch nicht (Kein Mobilfunknetz" in broken.output


def test_the_doctor_asks_modem_and_relay(
    config: Config, devices: tuple[ModemOptions, VirtualRelay]
) -> None:
    options, relay = devices
    findings = doctor(config, "--json").output
    told = {one["check"]: one for one in json.loads(findings)["findings"]}
    assert told["alarm.sms"]["level"] == "ok"
    assert "Dorfnetz" in told["alarm.sms"]["message"]
    assert told["alarm.siren"]["level"] == "ok"
    assert not relay.book
    options.is_dead = True
    told = {one["check"]: one for one in json.loads(doctor(config, "--json").output)["findings"]}
    assert told["alarm.sms"]["level"] == "fail"
    assert told["alarm.sms"]["advice"]


def test_hub_toml_names_the_paths(config: Config, devices: object) -> None:
    assert devices
    read = load(config.source).alarm
    assert read.sms is not None
    assert read.siren is not None
    assert (read.sms.pin, read.siren.channel, read.siren.seconds, read.lamp) == (
        "1234",
        3,
        30,
        None,
    )
    text = config.source.read_text()
    wrong = Path(config.source).with_name("wrong.toml")
    wrong.write_text(
        text.replace('pin = "1234"', 'pin = "abc"').replace("channel = 3", "channel = 9")
        + '[alarm.lamp]\nchip = "/dev/gpiochip0"\npin = 17\nactive_low = true\n'
    )
    with pytest.raises(Exception, match="4 bis 8 Ziffern") as caught:
        load(wrong)
    assert "channel" in str(caught.value)
    wrong.write_text(f'{text}[alarm.lamp]\nchip = "/dev/gpiochip0"\npin = 17\nactive_low = true\n')
    lamp = load(wrong).alarm.lamp
    assert lamp is not None
    assert (lamp.chip, lamp.pin, lamp.active_low) == (Path("/dev/gpiochip0"), 17, True)
    assert replace(lamp, pin=1) != lamp
