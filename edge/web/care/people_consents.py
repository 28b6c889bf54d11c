"""`/pflege/menschen/NUMMER/einwilligung`: choose, read the sentence together, confirm; withdraw.

What was chosen lies in the visit until it is confirmed; the sentence stands large on a page of its
own, which can be read aloud and printed for a signature.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from edge.care.consent import COUNTY, HUB
from edge.care.kinds import KINDS, WORDS
from edge.care.people import contact_of, recipient_of
from edge.care.sentences import together
from edge.clock import Clock
from edge.config import Config
from edge.ward.people import Recipient, Whole
from edge.web import words
from edge.web.access import visit
from edge.web.care import people_words as said
from edge.web.care.people import people_of
from edge.web.care.point import Opener, care_blueprint
from edge.web.staff import entered, go

CHOSEN = "pflege-einwilligung"  # kept in the visit: PERSON RECIPIENT KIND,KIND
MAX_HOW = 200
Page = str | AnyResponse | tuple[str, int]


def consent_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pflege/menschen/NUMMER` about what a person agrees to."""
    pages = care_blueprint("care_consents", "/pflege/menschen/<int:person>")
    views = _Pages(config, clock)
    for rule, method, view in (
        ("/einwilligung", "GET", views.choose),
        ("/einwilligung", "POST", views.chosen),
        ("/einwilligung/satz", "GET", views.sentence),
        ("/einwilligung/satz", "POST", views.give),
        ("/widerruf", "GET", views.ask),
        ("/widerruf", "POST", views.withdraw),
    ):
        pages.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return pages


class _Pages(Opener):
    """The views."""

    def choose(self, person: int) -> Page:
        page = self._choose(person, _asked(request.args.get("fuer", "")), "")
        return page or go("care_people.person", person=person)

    def chosen(self, person: int) -> Page:
        form = entered()
        recipient = _asked(form.text("fuer"))
        kinds = [kind for kind in KINDS if kind in form.many("art")]
        if not kinds:
            problem = "Bitte mindestens eine Art von Werten ankreuzen."
            page = self._choose(person, recipient, problem)
            return (page, 422) if page else go("care_people.person", person=person)
        visit().drop(CHOSEN)
        visit().keep(CHOSEN, f"{person} {recipient} {','.join(kinds)}")
        return go(".sentence", person=person, _anchor="inhalt")

    def sentence(self, person: int) -> Page:
        return self._sentence(person, "") or go("care_people.person", person=person)

    def give(self, person: int) -> Page:
        found = _kept(person)
        if found is None:
            return go("care_people.person", person=person)
        recipient, kinds = found
        form = entered()
        how = form.text("wie").strip()
        if how not in said.HOWS:
            problem = "Bitte sagen, wie die Person eingewilligt hat."
            page = self._sentence(person, problem)
            return (page, 422) if page else go("care_people.person", person=person)
        more = " ".join(form.text("anmerkung").split())[:MAX_HOW]
        with self.opened() as point:
            made = people_of(point).give(
                person, recipient, kinds, f"{how}; {more}" if more else how, visit().account
            )
        visit().drop(CHOSEN)
        done = "eingewilligt" if made else "unveraendert"
        return go("care_people.person", person=person, getan=done, _anchor="rechte")

    def ask(self, person: int) -> Page:
        with self.opened() as point:
            whole = people_of(point).whole(person)
        return render_template("care/people_withdraw.html", whole=whole)

    def withdraw(self, person: int) -> Page:
        form = entered()
        kind = form.text("art") or None
        recipient = _asked(form.text("fuer")) if form.text("fuer") else None
        with self.opened() as point:
            done = people_of(point).withdraw(
                person,
                kind=kind if kind in KINDS else None,
                recipient=recipient,
                how="mündlich, vor Ort",
            )
        visit().drop(said.WITHDREW)
        visit().keep(said.WITHDREW, said.withdrawn(done))
        return go("care_people.person", person=person, _anchor="rechte")

    def _choose(self, person: int, recipient: str, problem: str) -> str | None:
        with self.opened() as point:
            whole = people_of(point).whole(person)
        found = _recipient_of(whole, recipient)
        if found is None:  # taken out of the circle meanwhile
            return None
        hub = _recipient_of(whole, HUB)
        return render_template(
            "care/people_consent.html",
            whole=whole,
            to=said.to(found.key, found.contact),
            recipient=found,
            needed=() if hub is None or found.key == HUB else hub.kinds,
            is_hub=found.key == HUB,
            words=WORDS,
            problem=problem,
            typed=entered().many("art"),
        )

    def _sentence(self, person: int, problem: str) -> str | None:
        found = _kept(person)
        if found is None:
            return None
        recipient, kinds = found
        with self.opened() as point:
            desk = people_of(point)
            whole = desk.whole(person)
            sentences = desk.sentences(person, recipient, kinds)
        if not sentences:
            visit().drop(CHOSEN)
            return None
        to = _recipient_of(whole, recipient)
        return render_template(
            "care/people_sentence.html",
            whole=whole,
            to=said.to(recipient, None if to is None else to.contact),
            sentences=[words_ for _, words_ in sentences],
            text=together(tuple(words_ for _, words_ in sentences)),
            recipient=recipient,
            hows=[(how, how) for how in said.HOWS],
            problem=problem,
            day=words.date(words.local(self.clock.stamp().wall_ms)),
        )


def _asked(text: str) -> str:
    """Return the recipient that a form or an address names; the hub for what is none."""
    if text in {HUB, COUNTY}:
        return text
    number = contact_of(text)
    return HUB if number is None else recipient_of(number)


def _recipient_of(whole: Whole, key: str) -> Recipient | None:
    return next((one for one in whole.recipients if one.key == key), None)


def _kept(person: int) -> tuple[str, list[str]] | None:
    kept = visit().kept(CHOSEN)
    if not kept:
        return None
    number, recipient, kinds = kept[-1].split(" ")
    return (recipient, kinds.split(",")) if number == str(person) else None
