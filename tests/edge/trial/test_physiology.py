import tomllib

import pytest

from edge.trial.physiology import PhysiologyError, named, names, parse


def test_each_that_is_shipped_can_be_read_and_names_itself() -> None:
    assert {"usual", "frail", "restless", "sparse", "mild"} <= set(names())
    for name in names():
        assert named(name).name == name


def test_what_a_file_leaves_out_is_as_usual() -> None:
    found = parse('name = "own"\n[fall]\nper_year = 2\n')
    usual = named("usual")
    assert found.numbers["fall.per_year"] == 2
    assert found.vitals == usual.vitals
    assert found.illnesses == usual.illnesses


def test_a_file_may_have_conditions_and_illnesses_of_its_own() -> None:
    found = parse(
        "[condition.gout]\nshare = 0.1\n"
        "[illness.attack]\nof = 'gout'\nper_year = 1\nrise_days = [1, 2]\ndays = [3, 4]\n"
        "fade_days = 1\nquiet = [0, 0]\n[illness.attack.peak]\nbody_temperature = [1, 2]\n"
    )
    assert found.illnesses["attack"].of == "gout"
    assert found.conditions["gout"].shift == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("= 1", "kein TOML"),
        ("[tyre]\nx = 1", "tyre"),
        ("[home]\nroms = 3", "roms"),
        ("home = 1", "home"),
        ("[home.rooms]\nx = 1", "home.rooms"),
        ("[home]\nwakes = 7", "Paar"),
        ("[home]\nwakes = [7]", "Paar"),
        ("[home]\nrooms = 0", "zwischen"),
        ("[home]\nrooms = true", "keine Zahl"),
        ("[home]\npets = 1.5", "zwischen"),
        ("[home]\nwakes = [7, -1]", "zwischen"),
        ("[vital.pulse_rate]\nbounds = [90, 50]", "rückwärts"),
        ("[vital.pulse_rate]\nbounds = [90]", "Bereich"),
        ("[vital.pulse_rate]\nnoise = nan", "zwischen"),
        ("[condition.copd.shift]\nheight = [1, 1]", "height"),
        ("[condition.copd]\nshares = 1", "shares"),
        ("[illness.infection]\nof = 'gout'", "gout"),
        ("[illness.infection]\nkind = 1", "kind"),
        ("[illness.new]\nof = 'all'", "Es fehlt"),
        ("[illness]\nnew = 1", "Abschnitt"),
    ],
)
def test_what_cannot_be_is_refused_and_the_place_named(text: str, says: str) -> None:
    with pytest.raises(PhysiologyError) as caught:
        parse(text)
    assert says in caught.value.hint


def test_only_what_is_shipped_has_a_name() -> None:
    for name in ("nobody", "../usual", ""):
        with pytest.raises(PhysiologyError):
            named(name)


def test_no_number_of_the_usual_one_is_without_use() -> None:
    """Whatever stands in the file can be read back: no section is left aside."""
    from importlib import resources  # noqa: PLC0415  # for this test alone

    text = (resources.files("edge.trial") / "physiologies" / "usual.toml").read_text("utf-8")
    usual = named("usual")
    for section, table in tomllib.loads(text).items():
        if section in {"name", "vital", "condition", "illness"}:
            continue
        for key in table:
            assert f"{section}.{key}" in usual.numbers | usual.pairs
