"""`/kataster/szenario`: what refurbishment, other heating and milder winters come to by 2045.

For officials and administrators. Scenarios are files of the operator in `szenarien` beside
hub.toml; the page shows what they assume, reckons them, and keeps nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answered

from edge.cadastre.own_house import FILE, typology_text
from edge.cadastre.scenario_child import scenario_apart
from edge.clock import Clock
from edge.config import Config
from edge.heat import typology
from edge.heat.errors import CadastreError
from edge.heat.scenario import words as scenario_words
from edge.heat.scenario.assumed import LAW, assumed, lacks_factors, missing
from edge.heat.scenario.plan import Plan
from edge.heat.scenario.reading import UnfilledError, loads
from edge.store.shared import looking
from edge.web import words
from edge.web.access import Role, open_blueprint
from edge.web.reach import only_german
from edge.web.scenario import WIDE, scenario_csv, scenario_picture
from edge.web.scenario_run import Answer, Reckoner

FOLDER = "szenarien"  # beside hub.toml
REFRESH_S = 2
_MOST_FILES = 50
_MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class _File:
    """A scenario's file: ``plan`` is None where ``wrong`` or ``absent`` say why."""

    text: str
    plan: Plan | None = None
    wrong: str = ""
    absent: tuple[str, ...] = ()


def scenario_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page and its numbers as files."""
    pages = Blueprint("scenario", __name__, url_prefix="/kataster/szenario")
    open_blueprint(pages, Role.OFFICIAL, Role.ADMINISTRATOR)
    pages.before_request(only_german)
    views = _Views(config, clock)
    pages.add_url_rule("", view_func=views.shown, endpoint="shown")
    pages.add_url_rule("/<name>/zahlen.csv", view_func=views.table, endpoint="table")
    pages.add_url_rule("/<name>/zahlen.json", view_func=views.numbers, endpoint="numbers")
    return pages


class _Views:
    def __init__(self, config: Config, clock: Clock) -> None:
        self.config, self.clock = config, clock
        self.home = config.source.parent
        self.reckoner = Reckoner()

    def shown(self) -> str:
        files = self._files()
        name = request.args.get("datei", "")
        name = name if name in files else next(iter(files), "")
        file = _read(files[name]) if name else None
        values, doubt = self._typology()
        answer = None
        if file is not None and file.plan and values:
            answer = self._answer(file.text, values)
        running = bool(file and file.plan and values and answer is None)
        plan = None if file is None else file.plan
        return render_template(
            "scenario.html",
            folder=self.home / FOLDER,
            files=[(one, one) for one in files],
            name=name,
            file=file,
            plan=plan,
            gaps=missing(file.absent) if file else [],
            law=LAW if file and lacks_factors(file.absent) else "",
            doubt=doubt,
            answer=answer,
            made="" if answer is None else words.local(answer.at).strftime("%H:%M"),
            picture=scenario_picture(answer.found) if answer and answer.found else None,
            wide=WIDE,
            assumed=[(one.what, one.said, one.source) for one in assumed(plan)] if plan else [],
            factors=list(scenario_words.factors(plan)) if plan else [],
            refresh_s=REFRESH_S if running else None,
        )

    def table(self, name: str) -> Answered:
        found = self._found(name)
        if found is None:
            return redirect(url_for(".shown", datei=name))
        text = scenario_csv(found).encode("utf-8-sig")
        return _file(Response(text, mimetype="text/csv"), f"szenario-{name}.csv")

    def numbers(self, name: str) -> Answered:
        found = self._found(name)
        if found is None:
            return redirect(url_for(".shown", datei=name))
        text = json.dumps(found, ensure_ascii=False, indent=1)
        return _file(Response(text, mimetype="application/json"), f"szenario-{name}.json")

    def _files(self) -> dict[str, Path]:
        """Return the operator's files by name."""
        found = sorted((self.home / FOLDER).glob("*.toml"))[:_MOST_FILES]
        return {one.stem: one for one in found if one.is_file()}

    def _typology(self) -> tuple[str, str]:
        """Return the typology's text, or why there is none, in German."""
        path = self.home / FILE
        try:
            text = typology_text(self.home)
            if text is None:
                return "", f"Die Typologie fehlt: {path}. Wie man sie anlegt: docs/heat-cadastre.md"
            typology.loads(text)
        except CadastreError as error:
            return "", error.hint
        return text, ""

    def _found(self, name: str) -> Mapping[str, Any] | None:
        files = self._files()
        file = _read(files[name]) if name in files else None
        values, _ = self._typology()
        if file is None or file.plan is None or not values:
            return None
        answer = self._answer(file.text, values)
        return None if answer is None else answer.found

    def _answer(self, text: str, values: str) -> Answer | None:
        """Return what a scenario's text comes to by a typology's, None while it is reckoned."""
        stamp = self.clock.stamp()
        if find_spec("numpy") is None:
            return Answer(stamp.wall_ms, None, _NO_NUMPY)
        with looking(self.config.hub.village_db) as village:
            imports, run = village.heat_imports(), village.last_heat_run()
        state = (text, values, len(imports), None if run is None else run.at)
        key = hashlib.sha256(json.dumps(state).encode()).hexdigest()
        village_db = self.config.hub.village_db
        work = partial(scenario_apart, village_db, text, values, stamp.wall_ms)
        return self.reckoner.ask(key, work, stamp.wall_ms)


def _read(path: Path) -> _File:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return _File("", wrong=f"{path.name} ist zu groß für ein Szenario.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return _File("", wrong=f"{path.name} ist nicht lesbar (Text in UTF-8 erwartet).")
    try:
        return _File(text, plan=loads(text))
    except UnfilledError as error:
        return _File(text, absent=error.absent)
    except CadastreError as error:
        return _File(text, wrong=error.hint)


def _file(response: Response, name: str) -> Response:
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


_NO_NUMPY = "Für Szenarien fehlt numpy: pip install 'dorfhub[heat]'"
