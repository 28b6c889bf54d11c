"""`dorfhub care fhir` at a hub: what goes out to a practice, what comes back from it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from edge.care.consent import BLOOD_PRESSURE, CARE, HUB
from edge.care.finding import Finding, Stage, Urgency
from edge.care.kinds import WEIGHT
from edge.care.people import ContactRole
from edge.clock import SystemClock
from edge.config import Config
from edge.fhir.identity import PSEUDONYM
from edge.store import erasure
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow, Number, Observation
from edge.store.village import VillageStore
from hardware.reading import TimeQuality
from tests.edge.commands.terminal import typed_to

run = typed_to("care", "fhir")
CUFF = "ble:C0112233AABB"
SURE = TimeQuality.SYNCHRONISED


@pytest.fixture
def now() -> int:
    return SystemClock().stamp().wall_ms


@pytest.fixture
def practice(config: Config, now: int) -> int:
    """A practice that Erna lets see her blood pressure; Karl agreed to nothing."""
    with store(config) as personal:
        erna = personal.add_person("Erna Weber", now)
        personal.add_person("Karl Voss", now)
        contact = personal.add_contact("Praxis Dr. Sommer", ContactRole.PRACTICE, now)
        for kind in (BLOOD_PRESSURE, WEIGHT):
            agree(personal, erna, kind, HUB, now)
        agree(personal, erna, BLOOD_PRESSURE, f"contact:{contact}", now)
        personal.add_care_round(
            [CareRow(now - 60_000, CUFF, erna, SURE, now, 1, systolic_mmhg=151.0,
                     diastolic_mmhg=83.0, pulse_per_min=66.0)]
        )  # fmt: skip
        weight = Observation(
            now - 50_000, CUFF, WEIGHT, erna, SURE, now, 2, "2A9D",
            values=(Number("body_weight", 70.5),),
        )  # fmt: skip
        with personal.connection.transaction() as driver:
            personal.add_observations_within(driver, [weight])
        findings = [
            finding(
                erna,
                "limit",
                {"quantity": "blood_pressure_systolic", "value": 151.0, "device": CUFF},
                now,
            ),
            finding(erna, "baseline", {"quantity": "body_weight", "value": 70.5}, now),
            finding(erna, "sos", {}, now),
        ]
        personal.take_findings(findings, SystemClock().stamp())
    with VillageStore(config.hub.village_db) as village:
        village.device(CUFF, kind="ble", label="Schlafzimmer Erna", model="UA-651BLE", seen_at=now)
    return contact


def finding(person: int, rule: str, facts: dict[str, str | float], at: int) -> Finding:
    return Finding(person, f"{rule}/x", rule, Stage.RAISE, Urgency.TODAY, at, at, facts)


def store(config: Config) -> PersonalStore:
    return PersonalStore.open(config.hub.personal_db, config.personal.key_file)


def agree(personal: PersonalStore, person: int, kind: str, recipient: str, at: int) -> None:
    personal.give_consent(
        person, purpose=CARE, data_kind=kind, sentence="Ja, ich, Erna.", given_how="", at=at,
        recipient=recipient,
    )  # fmt: skip


def exported(config: Config, recipient: object) -> dict[str, Any]:
    result = run(config, "export", "Erna Weber", "--for", str(recipient))
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def kinds(bundle: dict[str, Any]) -> list[str]:
    return [one["resource"]["resourceType"] for one in bundle["entry"]]


def patient(bundle: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = bundle["entry"][0]["resource"]
    return found


def goal(subject: dict[str, Any], low: float | None = 100, high: float | None = 150) -> Any:
    def end(value: float) -> dict[str, Any]:
        return {"value": value, "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}

    span = {name: end(value) for name, value in (("low", low), ("high", high)) if value is not None}
    return {
        "resourceType": "Goal",
        "id": "ziel-1",
        "lifecycleStatus": "active",
        "description": {"text": "Systolischer Blutdruck"},
        "subject": subject,
        "target": [{
            "measure": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
            "detailRange": span,
        }],
    }  # fmt: skip


def pointing(bundle: dict[str, Any]) -> dict[str, Any]:
    return {"reference": f"Patient/{patient(bundle)['id']}"}


def letter(*resources: dict[str, Any]) -> str:
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": one} for n, one in enumerate(resources)]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def message(subject: dict[str, Any], text: str = "Bitte weniger Salz.") -> dict[str, Any]:
    return {
        "resourceType": "Communication",
        "id": "wort-1",
        "status": "completed",
        "subject": subject,
        "payload": [{"contentString": text}],
    }


def audited(config: Config) -> list[dict[str, Any]]:
    with store(config) as personal:
        lines = personal.audit_lines(personal.persons()[0].person)
        return [json.loads(str(one.content)) for one in lines]


def test_a_practice_has_what_the_person_agreed_to_and_no_more(
    config: Config, practice: int
) -> None:
    bundle = exported(config, practice)
    text = json.dumps(bundle, ensure_ascii=False)
    assert kinds(bundle).count("Observation") == 2  # pressure and pulse; not the weight
    assert kinds(bundle).count("Task") == 1
    assert kinds(bundle).count("Consent") == 1
    assert "AuditEvent" not in kinds(bundle)
    for kept_here in ("Erna", "Weber", "Schlafzimmer", "C0112233", "70.5"):
        assert kept_here not in text
    (look,) = audited(config)
    assert (look["who"], look["refused"]) == (f"contact:{practice}", False)


def test_without_consent_nothing_goes_out_and_the_try_is_written_down(
    config: Config, practice: int, now: int
) -> None:
    with store(config) as personal:
        personal.withdraw_consent(personal.persons()[0].person, now)
    result = run(config, "export", "Erna Weber", "--for", str(practice))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Einwilligung" in result.stderr
    assert audited(config)[0]["refused"] is True


def test_the_persons_own_copy_has_all_and_says_who_saw_what(config: Config, practice: int) -> None:
    exported(config, practice)
    bundle = exported(config, "self")
    assert kinds(bundle).count("Observation") == 3
    assert kinds(bundle).count("Task") == 3
    assert kinds(bundle).count("Consent") == 3
    assert kinds(bundle).count("AuditEvent") == 3  # the practice's, this one, and whoever made it
    assert "sourceAttachment" in json.dumps(bundle)
    assert patient(bundle)["id"] != patient(exported(config, practice))["id"]


def test_every_export_passes_the_command_that_checks(
    config: Config, practice: int, tmp_path: Path, shared_data: Path
) -> None:
    for recipient in (str(practice), "self"):
        out = tmp_path / f"{recipient}.json"
        folder = tmp_path / recipient
        assert run(config, "export", "1", "--for", recipient, "--out", str(out)).exit_code == 0
        done = run(
            config, "export", "1", "--for", recipient, "--folder", str(folder),
            "--format", "ndjson",
        )  # fmt: skip
        assert done.exit_code == 0
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        (whole,) = folder.iterdir()
        names = [str(one) for one in sorted(whole.iterdir())]
        assert len(names) >= 5
        checked = run(config, "check", str(out), *names, "--profiles", str(shared_data / "fhir"))
        assert checked.exit_code == 0, checked.output
        assert "Fehler:" not in checked.stdout


def test_the_check_names_what_is_wrong(config: Config, practice: int, tmp_path: Path) -> None:
    bundle = exported(config, practice)
    broken = next(e["resource"] for e in bundle["entry"] if "component" in e["resource"])
    broken["component"][0]["valueQuantity"]["code"] = "mmHg"
    path = tmp_path / "kaputt.json"
    path.write_text(json.dumps(bundle))
    result = run(config, "check", str(path), "--json", "--quiet")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert "ucum" in {one["rule"] for one in found}
    assert all(".component[0].valueQuantity" in one["path"] for one in found)
    path.write_text("{")
    assert "Kein JSON" in run(config, "check", str(path)).stdout
    missing = run(config, "check", "-", typed=json.dumps(broken | {"status": "nonsense"}))
    assert "Observation.status" in missing.stdout


def test_a_sealed_folder_opens_with_the_practices_key_alone(
    config: Config, practice: int, tmp_path: Path
) -> None:
    theirs = pyrage.x25519.Identity.generate()
    done = run(
        config, "export", "1", "--for", str(practice), "--folder", str(tmp_path / "aus"),
        "--recipient", str(theirs.to_public()),
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    (whole,) = (tmp_path / "aus").iterdir()
    (file,) = whole.iterdir()
    assert file.name == "bundle.json.age"
    assert json.loads(pyrage.decrypt(file.read_bytes(), [theirs]))["resourceType"] == "Bundle"
    wrong = run(config, "export", "1", "--for", str(practice), "--out", str(tmp_path / "x"),
                "--recipient", "age1quatsch")  # fmt: skip
    assert wrong.exit_code == 1
    assert "age1" in wrong.stderr
    assert not (tmp_path / "x").exists()


def test_a_practices_limit_goes_into_the_plan_and_its_words_are_kept(
    config: Config, practice: int, tmp_path: Path
) -> None:
    subject = pointing(exported(config, practice))
    path = tmp_path / "antwort.json"
    path.write_text(letter(goal(subject), message(subject)))
    result = run(config, "import", str(path), "--from", str(practice))
    assert result.exit_code == 0, result.output
    assert "ab 150 aufwärts" in result.stdout
    with store(config) as personal:
        plan = personal.plan(1, 0)
        limit = plan.limits["blood_pressure_systolic"]
        assert (limit.low, limit.high) == (100.0, 150.0)
        assert (limit.low_urgent, limit.high_extreme) == (90.0, 220.0)  # 70 is not for today alone
        assert personal.plan_changes(1)[0].by == f"contact:{practice}"
    assert "Bitte weniger Salz." in json.dumps(exported(config, practice))
    shown = run(config, "answers", "Erna Weber").stdout
    assert "Bitte weniger Salz." in shown
    assert "Praxis Dr. Sommer" in shown
    assert (audited(config)[0]["who"], audited(config)[0]["why"]) == (
        "office", "Antworten von Praxen gelesen",
    )  # fmt: skip
    again = run(config, "import", str(path), "--from", str(practice))
    assert "war schon übernommen" in again.stdout
    with store(config) as personal:
        assert len(personal.plan_changes(1)) == 1


def test_a_limit_may_end_again(config: Config, practice: int, tmp_path: Path) -> None:
    subject = pointing(exported(config, practice))
    path = tmp_path / "a.json"
    for one in (goal(subject), goal(subject) | {"lifecycleStatus": "cancelled"}):
        path.write_text(json.dumps(one))
        assert run(config, "import", str(path), "--from", str(practice)).exit_code == 0
    with store(config) as personal:
        assert personal.plan(1, 0).limits == {}


def told(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], str]:
    """Return the text of a Goal after a change."""

    def made(subject: dict[str, Any]) -> str:
        one = goal(dict(subject))
        change(one)
        return json.dumps(one)

    return made


def measure(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = one["target"][0]
    return found


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (told(lambda one: one.pop("lifecycleStatus")), "Goal.lifecycleStatus"),
        (told(lambda one: one.update(lifecycleStatus="gut")), "binding"),
        (told(lambda one: measure(one)["detailRange"]["low"].update(value=200)), "rng-2"),
        (told(lambda one: measure(one)["detailRange"]["high"].update(value=1500)), "außerhalb"),
        (told(lambda one: measure(one)["detailRange"]["high"].update(code="Cel")), "Einheit"),
        (told(lambda one: measure(one)["measure"]["coding"][0].update(code="1-8")), "LOINC"),
        (told(lambda one: measure(one).update(detailRange={"id": "x"})), "weder"),
        (told(lambda one: one["subject"].update(reference="Patient/fremd")), "niemanden"),
        (told(lambda one: one.update(subject={"display": "Erna"})), "niemanden"),
        (lambda subject: letter(goal(subject), message({"reference": "Patient/2"})), "mehrere"),
        (lambda _: "{nein", "Kein JSON"),
        (lambda _: "[]", "Kein JSON-Objekt"),
        (lambda _: '{"a": 1, "a": 2}', "zweimal"),
        (lambda _: '{"resourceType": "Goal", "x": NaN}', "NaN"),
        (lambda _: '{"resourceType":' + "[" * 5000, "verschachtelt"),
    ],
)
def test_what_is_not_right_is_refused_whole_and_lies_sealed_beside(
    config: Config, practice: int, tmp_path: Path, made: Callable[[dict[str, Any]], str], said: str
) -> None:
    text = made(pointing(exported(config, practice)))
    inbox = tmp_path / "eingang"
    inbox.mkdir()
    (inbox / "a.json").write_text(text)
    result = run(config, "import", str(inbox), "--from", str(practice))
    assert result.exit_code == 1
    assert said in result.stderr
    with store(config) as personal:
        assert personal.plan(1, 0).limits == {}
        assert personal.fhir_answers(1) == []
        identity = [pyrage.x25519.Identity.from_str(personal.care_identity())]
    aside = {one.name: one for one in (inbox / "abgelehnt").iterdir()}
    assert set(aside) == {"a.json.age", "a.json.warum.txt.age"}
    assert pyrage.decrypt(aside["a.json.age"].read_bytes(), identity) == text.encode()
    assert said in pyrage.decrypt(aside["a.json.warum.txt.age"].read_bytes(), identity).decode()
    assert [one.name for one in inbox.iterdir()] == ["abgelehnt"]


def test_a_folder_is_taken_file_by_file_also_sealed_ones(
    config: Config, practice: int, tmp_path: Path
) -> None:
    subject = pointing(exported(config, practice))
    inbox = tmp_path / "eingang"
    inbox.mkdir()
    with store(config) as personal:
        key = pyrage.x25519.Recipient.from_str(personal.care_recipient())
    sealed = pyrage.encrypt(json.dumps(goal(subject)).encode(), [key])
    (inbox / "1.json.age").write_bytes(sealed)
    (inbox / "2.json").write_text("kaputt")
    (inbox / "3.json").write_text(json.dumps(message(subject)))
    other = pyrage.x25519.Identity.generate().to_public()
    (inbox / "4.json.age").write_bytes(pyrage.encrypt(b"{}", [other]))
    (inbox / "bild.png").write_bytes(b"x")
    result = run(config, "import", str(inbox), "--from", str(practice))
    assert result.exit_code == 1
    assert "anderen Schlüssel" in result.stderr
    assert sorted(one.name for one in inbox.iterdir()) == ["abgelehnt", "bild.png", "uebernommen"]
    assert {one.name for one in (inbox / "uebernommen").iterdir()} == {"1.json.age", "3.json.age"}
    with store(config) as personal:
        assert len(personal.fhir_answers(1)) == 2


def test_only_a_practice_sets_limits_and_only_with_a_consent(
    config: Config, practice: int, tmp_path: Path, now: int
) -> None:
    with store(config) as personal:
        carer = personal.add_contact("Anna", ContactRole.CARER, now)
        agree(personal, 1, BLOOD_PRESSURE, f"contact:{carer}", now)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(goal(pointing(exported(config, carer)))))
    refused = run(config, "import", str(path), "--from", str(carer))
    assert "Grenzen setzt nur eine Praxis" in refused.stderr
    path.write_text(json.dumps(goal(pointing(exported(config, practice)))))
    wrong_sender = run(config, "import", str(path), "--from", str(carer))
    assert "niemanden, den diese Praxis" in wrong_sender.stderr
    with store(config) as personal:
        personal.withdraw_consent(1, now)
    assert "Einwilligung" in run(config, "import", str(path), "--from", str(practice)).stderr
    assert path.exists()
    assert run(config, "import", str(path), "--from", "self").exit_code == 1
    assert run(config, "import", str(path), "--from", "Praxis").exit_code == 1


def test_the_pseudonym_itself_names_the_person_too(
    config: Config, practice: int, tmp_path: Path
) -> None:
    value = patient(exported(config, practice))["identifier"][0]["value"]
    subject = {"identifier": {"system": PSEUDONYM, "value": value}}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(message(subject)))
    assert run(config, "import", str(path), "--from", str(practice)).exit_code == 0


def test_who_is_erased_leaves_no_answer_behind(
    config: Config, practice: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(message(pointing(exported(config, practice)), "Kanarienvogel")))
    assert run(config, "import", str(path), "--from", str(practice)).exit_code == 0
    with store(config) as personal:
        erasure.erase_from_personal(personal, 1, erasure.belongings(personal, 1))
        assert personal.connection.rows("SELECT * FROM fhir_answer") == []


def test_a_locked_hub_says_so(config: Config, practice: int) -> None:
    config.personal.key_file.unlink()
    for words in (["export", "1", "--for", str(practice)], ["answers", "1"]):
        assert run(config, *words).exit_code == 75


@pytest.mark.parametrize(
    "words",
    [
        ["--out", "x", "--format", "ndjson", "--folder", "y"],
        ["--format", "ndjson"],
        ["--recipient", "age1x"],
    ],
)
def test_what_does_not_go_together_is_refused(
    config: Config, practice: int, words: list[str]
) -> None:
    assert run(config, "export", "1", "--for", str(practice), *words).exit_code == 2


def test_a_reply_to_a_task_goes_with_the_alert(
    config: Config, practice: int, tmp_path: Path
) -> None:
    bundle = exported(config, practice)
    task = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Task")
    about = {"basedOn": [{"reference": f"Task/{task['id']}"}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(message(pointing(bundle)) | about))
    assert run(config, "import", str(path), "--from", str(practice)).exit_code == 0
    after = exported(config, practice)["entry"]
    kind = "Communication"
    (said,) = [e["resource"] for e in after if e["resource"]["resourceType"] == kind]
    assert said["basedOn"] == [{"reference": f"urn:uuid:{task['id']}"}]
    ended = {"status": "completed", "note": [{"text": "Erledigt."}], "for": pointing(bundle)}
    path.write_text(json.dumps(task | ended | {"requester": {"display": "Hub"}}))
    done = run(config, "import", str(path), "--from", str(practice))
    assert "Antwort [completed]: Erledigt." in done.stdout


def test_a_profile_that_is_none_is_named(config: Config, tmp_path: Path) -> None:
    url = "https://example.org/StructureDefinition/x"
    profile = {"resourceType": "StructureDefinition", "url": url, "type": "Observation"}
    folder = tmp_path / "profile"
    folder.mkdir()
    (folder / "x.json").write_text(json.dumps(profile))
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"resourceType": "Patient"}))
    words = ["check", str(path), "--profile", url]
    assert "[profile]" in run(config, *words, "--profiles", str(folder)).stdout
    assert "nicht prüfbar" in run(config, *words).stderr
    (folder / "x.json").write_text("{")
    assert "lesbares JSON" in run(config, *words, "--profiles", str(folder)).stderr


def test_an_answer_with_too_many_parts_is_not_even_checked(
    config: Config, practice: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(letter(*[message(pointing(exported(config, practice)))] * 501))
    assert "Mehr als 500" in run(config, "import", str(path), "--from", str(practice)).stderr
