"""The pages behind the login: map, hubs, ledger, enrolment desk."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from edge.process.heartbeat import Status
from edge.process.log import Log
from sync import comparison, identity, words
from sync.carrier.base import CarrierError
from sync.county import report, visits
from sync.county.config import CountyConfig
from sync.county.hub import County, open_county
from sync.county.ledger import Hub, HubState
from sync.county.reasons import Fault, hint, sentence
from sync.county.revoke import revoke
from sync.county.web import trips, views
from sync.county.web.heat_view import heat_page
from sync.errors import SyncError

_CONTACTS = 40
_FINDINGS = 40


def desk_pages(
    config: CountyConfig,
    *,
    jobs: Callable[[], Status] | None,
    now_ms: Callable[[], int],
    log: Log,
) -> Blueprint:
    """Return the pages. Each request opens the county anew: pages hold nothing."""
    pages = Blueprint("desk", __name__)
    desk = _Desk(config, jobs, now_ms, log)
    for rule, method, view in (
        ("/", "GET", desk.overview),
        ("/hub/<hub>", "GET", desk.hub),
        ("/hub/<hub>/code.svg", "GET", desk.code),
        ("/hub/<hub>/bestaetigen", "POST", desk.confirm),
        ("/hub/<hub>/ablehnen", "POST", desk.refuse),
        ("/hub/<hub>/sperren", "POST", desk.revoke),
        ("/waerme", "GET", desk.heat),
        ("/verzeichnis", "GET", desk.ledger),
        ("/anmeldung", "GET", desk.enrolment),
        ("/anmeldung", "POST", desk.enrol),
        ("/anmeldung/code.svg", "GET", desk.own_code),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    pages.register_error_handler(SyncError, _failed)
    return pages


class _Desk:
    def __init__(
        self,
        config: CountyConfig,
        jobs: Callable[[], Status] | None,
        now_ms: Callable[[], int],
        log: Log,
    ) -> None:
        self._config = config
        self._jobs = jobs
        self._now_ms = now_ms
        self._log = log

    def overview(self) -> str:
        with open_county(self._config.source) as county:
            page = views.overview(county, self._jobs() if self._jobs else None, self._now_ms())
        return render_template("overview.html", page=page, now=self._now())

    def hub(self, hub: str) -> str:
        with open_county(self._config.source) as county:
            known = _known(county, hub)
            status = next(one for one in report.status(county).hubs if one.hub == known.hub)
            view = views.hub_view(county, status, self._now_ms())
            held = county.ledger.positions(hub)
            seen = views.contacts(county, [hub], self._now_ms(), limit=_CONTACTS)
            carried = trips.trips(county, known, self._now_ms())
            erased = trips.erasures(county, known, self._now_ms())
        return render_template(
            "hub.html",
            hub=view,
            contacts=seen,
            trips=carried,
            erasures=erased,
            newest=held[0].seq if held else 0,
            now=self._now(),
        )

    def code(self, hub: str) -> Response:
        with open_county(self._config.source) as county:
            key = _known(county, hub).public_key
        return Response(comparison.svg(key), mimetype="image/svg+xml")

    def own_code(self) -> Response:
        with open_county(self._config.source) as county:
            key = county.identity.name
        return Response(comparison.svg(key), mimetype="image/svg+xml")

    def confirm(self, hub: str) -> AnyResponse:
        if request.form.get("verglichen") != "ja":
            flash("Bitte erst vergleichen und das Kästchen ankreuzen.", "bad")
            return _go(".hub", hub=hub)
        with open_county(self._config.source) as county:
            known = _known(county, hub)
            county.ledger.confirm(known.hub, now_ms=self._now_ms())
        self._log.info("hub-confirmed", hub=hub, by=session["name"])
        flash("Bestätigt. Der nächste Abruf holt die Daten dieses Hubs.", "good")
        return _go(".hub", hub=hub)

    def refuse(self, hub: str) -> AnyResponse:
        with open_county(self._config.source) as county:
            known = _known(county, hub)
            if known.state is HubState.PENDING:
                county.ledger.quarantine(known.hub, reason=Fault.QUARANTINED)
        self._log.info("hub-refused", hub=hub, by=session["name"])
        flash("Abgelehnt. Von diesem Hub wird nichts übernommen.", "warn")
        return _go(".hub", hub=hub)

    def revoke(self, hub: str) -> AnyResponse:
        typed = request.form.get("nummer", "").strip()
        if not typed.isascii() or not typed.isdigit() or len(typed) > 15:
            flash("Bitte die letzte Nummer eingeben, die noch gelten soll.", "bad")
            return _go(".hub", hub=hub)
        with open_county(self._config.source) as county:
            known = _known(county, hub)
            done = revoke(county, known, up_to=int(typed), epoch=None, now_ms=self._now_ms())
        self._log.warning("hub-revoked", hub=hub, up_to=typed, by=session["name"])
        flash(
            f"Gesperrt ab Nummer {int(typed) + 1}. In Quarantäne: {done.segments} Sendungen mit "
            f"{views.number(done.readings)} Messwerten.",
            "warn",
        )
        return _go(".hub", hub=hub)

    def ledger(self) -> str:
        with open_county(self._config.source) as county:
            ids = [hub.hub for hub in county.ledger.hubs()]
            contacts = views.contacts(county, ids, self._now_ms(), limit=_CONTACTS)
            findings = views.findings(county, self._now_ms(), limit=_FINDINGS)
        return render_template("ledger.html", contacts=contacts, findings=findings, now=self._now())

    def heat(self) -> str:
        with open_county(self._config.source) as county:
            page = heat_page(county, self._now_ms(), request.args.get("ort", ""))
        return render_template("heat.html", page=page, now=self._now())

    def enrolment(self) -> str:
        with open_county(self._config.source) as county:
            waiting = [
                views.hub_view(county, one, self._now_ms())
                for one in report.status(county).hubs
                if one.state == HubState.PENDING
            ]
            own = county.identity.name
        return render_template(
            "enrolment.html",
            waiting=waiting,
            own_words=words.spoken(own),
            own_fingerprint=views.groups(identity.fingerprint(own)),
            now=self._now(),
        )

    def enrol(self) -> AnyResponse:
        address = request.form.get("adresse", "").strip()
        if "://" not in address and not address.startswith("call:"):
            address = f"http://{address}"
        try:
            with open_county(self._config.source) as county:
                found = visits.enrol(county, address)
        except CarrierError as error:
            flash(f"{sentence(error.reason)} {hint(error.reason)}", "bad")
            return _go(".enrolment")
        except SyncError as error:
            flash(f"Unter dieser Adresse antwortet kein Hub. {error.hint}", "bad")
            return _go(".enrolment")
        except ValueError:
            flash("Das ist keine Adresse. Zum Beispiel: http://192.0.2.7:8082", "bad")
            return _go(".enrolment")
        self._log.info("hub-enrolled", hub=found.hub.hub, by=session["name"])
        return _go(".hub", hub=found.hub.hub)

    def _now(self) -> str:
        return views.when(self._now_ms(), self._now_ms()).removeprefix("heute, ")


def _known(county: County, hub: str) -> Hub:
    found = county.ledger.hub(hub)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _go(endpoint: str, **values: Any) -> AnyResponse:
    """Send the browser on, so that loading the page anew sends nothing twice."""
    return redirect(url_for(endpoint, **values), HTTPStatus.SEE_OTHER)


def _failed(error: SyncError) -> tuple[str, int]:
    text = error.hint or "Die Daten des Landkreises sind gerade nicht lesbar."
    page = render_template("error.html", title="Das geht gerade nicht", text=text)
    return page, HTTPStatus.SERVICE_UNAVAILABLE
