"""Signing in and being refused, with real databases: what is right opens, what is wrong waits."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from edge.access.card import account_card
from edge.access.door import Door
from edge.access.errors import AccessError, NotLetIn, TooManyTries
from edge.access.keeping import BLOCKED_MS, NAME_MS, Keeping
from edge.access.lockout import ACCOUNT, MAX_PICTURE_MISSES, TERMINAL
from edge.access.office import FIRST_CODE_MS, Issued, Office
from edge.access.role import Role, Way
from edge.access.secret import MAX_WAITING, Busy, Hasher
from edge.access.upkeep import forget_accounts
from edge.clock import FixedClock
from edge.config import Config
from edge.desk.register import CARD_PREFIX, card_hash
from edge.store.errors import Locked
from edge.store.village_access import LastAdministrator, NoSuchAccount

PASSWORD, PINS = "Kiesel Laterne Mohn", ("boot", "apfel", "stern")
HERE, THERE = "192.0.2.1", "192.0.2.2"
DAY_MS = 86_400_000


@pytest.fixture
def amsel(office: Office, door: Door) -> Issued:
    """A volunteer with card, password and pictures."""
    issued = office.give("Jana Vogt", {Role.VOLUNTEER})
    bearer = door.by_card(issued.card)
    bearer = office.change_password(bearer, "", PASSWORD, door, HERE)
    office.change_pictures(bearer, PINS)
    return issued


@pytest.fixture
def boss(office: Office, door: Door) -> Issued:
    """An administrator with a password of their own."""
    issued = office.give("Chris Ott", {Role.ADMINISTRATOR})
    bearer = door.by_password(issued.handle, issued.start_word, HERE)
    office.change_password(bearer, "", PASSWORD, door, HERE)
    return issued


def wrong(door: Door, handle: str, times: int, at: str = THERE) -> None:
    for _ in range(times):
        with pytest.raises(NotLetIn):
            door.by_password(handle, "falsch", at)


def waits(door: Door, handle: str, at: str = THERE) -> int:
    with pytest.raises(TooManyTries) as caught:
        door.by_password(handle, PASSWORD, at)
    return caught.value.wait_s


def test_three_ways_open_and_say_who_it_is(door: Door, amsel: Issued) -> None:
    for bearer, way in (
        (door.by_card(amsel.card), Way.CARD),
        (door.by_password(amsel.handle.upper(), PASSWORD, HERE), Way.PASSWORD),
        (door.by_pictures(f" {amsel.handle} ", PINS, HERE), Way.PICTURES),
    ):
        assert (bearer.account, bearer.handle, bearer.way) == (amsel.account, amsel.handle, way)
        assert bearer.name == "Jana Vogt"
        assert bearer.roles == {Role.VILLAGER, Role.VOLUNTEER}


def test_all_of_it_works_while_names_are_locked(
    door: Door, amsel: Issued, config: Config, office: Office
) -> None:
    config.personal.key_file.rename(config.personal.key_file.with_suffix(".away"))
    assert door.by_card(amsel.card).name == ""
    assert door.by_password(amsel.handle, PASSWORD, HERE).handle == amsel.handle
    assert [one.name for one in office.accounts()] == [""]
    with pytest.raises(Locked):
        office.give("Neu", {Role.VOLUNTEER})
    office.block(amsel.account)
    office.unblock(amsel.account)


def test_nothing_in_village_db_opens_anything_or_names_anybody(
    config: Config, amsel: Issued, door: Door
) -> None:
    door.by_password(amsel.handle, PASSWORD, HERE)
    wrong(door, "Jana Vogt", 2)
    files = [one for one in config.hub.state.rglob("*") if one.is_file()]
    content = b"".join(one.read_bytes() for one in files)
    for secret in (PASSWORD, amsel.card, amsel.card[5:], "boot.apfel.stern", "Jana", HERE, THERE):
        assert secret.encode() not in content
        assert secret.lower().encode() not in content


class TestRefused:
    def test_who_there_is_cannot_be_told_from_the_answer(
        self, door: Door, office: Office, amsel: Issued
    ) -> None:
        blocked = office.give("Wer Anders", {Role.VOLUNTEER})
        office.block(blocked.account)
        said = set()
        for handle in (amsel.handle, blocked.handle, "Niemand", "", "x" * 10_000, "\udcff"):
            with pytest.raises(NotLetIn) as caught:
                door.by_password(handle, "falsch", THERE)
            said.add((caught.value.hint, caught.value.field))
        assert len(said) == 1

    def test_nor_from_how_much_work_it_was(
        self, door: Door, amsel: Issued, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every refusal compares once, with the same effort: with a hash of nobody's at need."""
        seen: list[str] = []
        real = door._keeping.hasher._argon2

        class Counting:
            def verify(self, kept: str, secret: bytes) -> bool:
                seen.append(kept.rpartition("$")[0].rpartition("$")[0])
                return real.verify(kept, secret)

        monkeypatch.setattr(door._keeping.hasher, "_argon2", Counting())
        for handle in (amsel.handle, "Niemand"):
            for call in (
                lambda handle=handle: door.by_password(handle, "falsch", THERE),
                lambda handle=handle: door.by_pictures(handle, ("apfel", "x"), THERE),
            ):
                before = len(seen)
                with pytest.raises(NotLetIn):
                    call()
                assert len(seen) == before + 1
        assert len(set(seen)) == 1

    def test_names_that_there_are_not_wait_alike(self, door: Door, amsel: Issued) -> None:
        for handle in (amsel.handle, "Niemand"):
            wrong(door, handle, ACCOUNT.free)
            assert waits(door, handle) == 30

    @pytest.mark.parametrize("scanned", ["", "DHA1-" + "0" * 32, "http://x", "234-567-89A"])
    def test_a_card_of_something_else(self, door: Door, scanned: str) -> None:
        with pytest.raises(NotLetIn):
            door.by_card(scanned)

    def test_a_blocked_card(self, door: Door, office: Office, amsel: Issued) -> None:
        office.block(amsel.account)
        for call in (
            lambda: door.by_card(amsel.card),
            lambda: door.by_password(amsel.handle, PASSWORD, HERE),
            lambda: door.by_pictures(amsel.handle, PINS, HERE),
        ):
            with pytest.raises(NotLetIn):
                call()
        office.unblock(amsel.account)
        assert door.by_card(amsel.card).account == amsel.account


class TestLockout:
    def test_waits_grow_end_and_survive_a_restart(
        self, door: Door, amsel: Issued, config: Config, clock: FixedClock
    ) -> None:
        wrong(door, amsel.handle, ACCOUNT.free)
        assert waits(door, amsel.handle) == 30
        clock.advance(10_000)
        restarted = Door(Keeping(config, clock), random.Random(5).choice)
        assert waits(restarted, amsel.handle) == 20
        clock.advance(20_000)
        wrong(restarted, amsel.handle, 1)
        assert waits(restarted, amsel.handle) == 60
        clock.advance(60_000)
        assert restarted.by_password(amsel.handle, PASSWORD, THERE).account == amsel.account
        wrong(restarted, amsel.handle, ACCOUNT.free - 1)  # the right one began anew

    def test_others_do_not_lock_the_owner_out_where_they_are_known(
        self, door: Door, amsel: Issued
    ) -> None:
        door.by_password(amsel.handle, PASSWORD, HERE)
        wrong(door, amsel.handle, ACCOUNT.free)
        assert waits(door, amsel.handle, THERE) == 30
        assert door.by_password(amsel.handle, PASSWORD, HERE).account == amsel.account
        assert door.by_card(amsel.card).account == amsel.account

    def test_a_way_that_is_shut_shuts_no_other(self, door: Door, amsel: Issued) -> None:
        wrong(door, amsel.handle, ACCOUNT.free)
        assert door.by_pictures(amsel.handle, PINS, THERE).account == amsel.account

    def test_one_terminal_tries_many_names_and_waits(
        self, door: Door, amsel: Issued, clock: FixedClock
    ) -> None:
        for n in range(TERMINAL.free):
            wrong(door, f"Name {n}", 1)
        assert waits(door, amsel.handle) == 30
        assert door.by_password(amsel.handle, PASSWORD, HERE)
        assert door.by_card(amsel.card)  # nobody guesses 128 bits
        clock.advance(30_000)
        assert door.by_password(amsel.handle, PASSWORD, THERE)

    def test_ones_own_account_is_no_way_to_clear_a_terminal(
        self, door: Door, amsel: Issued
    ) -> None:
        for n in range(TERMINAL.free - 1):
            wrong(door, f"Name {n}", 1)
            door.by_password(amsel.handle, PASSWORD, THERE)
        wrong(door, "noch einer", 1)
        assert waits(door, amsel.handle) == 30

    def test_many_tries_at_once_are_not_more(self, door: Door, amsel: Issued) -> None:
        said: list[type[Exception]] = []

        def attack() -> None:
            try:
                door.by_password(amsel.handle, "falsch", THERE)
            except (NotLetIn, TooManyTries, Busy) as error:
                said.append(type(error))

        threads = [threading.Thread(target=attack) for _ in range(30)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(said) == 30
        assert said.count(NotLetIn) + said.count(Busy) <= ACCOUNT.free

    def test_pictures_are_shut_after_so_many_misses_until_another_way_was_taken(
        self, door: Door, amsel: Issued, clock: FixedClock
    ) -> None:
        for _ in range(MAX_PICTURE_MISSES):
            with pytest.raises(NotLetIn):
                door.by_pictures(amsel.handle, ("apfel", "boot", "stern"), THERE)
            clock.advance(ACCOUNT.longest_ms)
        with pytest.raises(NotLetIn):
            door.by_pictures(amsel.handle, PINS, THERE)
        door.by_card(amsel.card)
        clock.advance(ACCOUNT.longest_ms)
        assert door.by_pictures(amsel.handle, PINS, THERE).account == amsel.account

    def test_a_reset_at_the_hub_ends_the_wait(
        self, door: Door, office: Office, boss: Issued
    ) -> None:
        wrong(door, boss.handle, ACCOUNT.free)
        word = office.start_word(boss.account).start_word
        assert door.by_password(boss.handle, word, THERE).way is Way.START

    def test_only_so_many_wait_for_a_check(self, keeping: Keeping) -> None:
        hasher = keeping.hasher
        held = [hasher._room.acquire(blocking=False) for _ in range(MAX_WAITING + 1)]
        assert all(held)
        with pytest.raises(Busy):
            hasher.fits(None, "x", "password")
        for _ in held:
            hasher._room.release()
        with hasher._turn:
            pass

    def test_what_is_kept_is_worth_nothing_with_another_key(self, keeping: Keeping) -> None:
        kept = keeping.hasher.make("boot.apfel.stern", "pictures")
        other = Hasher(b"another key of the same length.." * 1)
        assert keeping.hasher.fits(kept, "boot.apfel.stern", "pictures")
        assert not keeping.hasher.fits(kept, "boot.apfel.stern", "password")
        assert not other.fits(kept, "boot.apfel.stern", "pictures")
        assert not other.fits("spoiled", "x", "password")


class TestFirstAdministrator:
    def test_the_code_makes_one_and_then_nothing(self, door: Door, office: Office) -> None:
        assert door.needs_setup()
        code = office.first_code()
        bearer = door.set_up(code.lower(), "Chris Ott", PASSWORD, HERE)
        assert Role.ADMINISTRATOR in bearer.roles
        assert bearer.name == "Chris Ott"
        assert not door.needs_setup()
        assert not door.takes_first_code()
        with pytest.raises(NotLetIn):
            door.set_up(code, "Zwei", PASSWORD, HERE)
        assert door.by_password(bearer.handle, PASSWORD, HERE).account == bearer.account

    def test_many_at_once_make_one(self, door: Door, office: Office) -> None:
        code = office.first_code()
        made: list[int | None] = []

        def run(n: int) -> None:
            with suppress(NotLetIn, Busy):
                made.append(door.set_up(code, f"Nummer {n}", PASSWORD, f"192.0.2.{n}").account)

        threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(made) == 1
        assert len(office.accounts()) == 1

    def test_what_is_no_good(self, door: Door, office: Office, clock: FixedClock) -> None:
        old = office.first_code()
        code = office.first_code()
        for typed in ("", "AAA-AAA-AAA-AAA", old):
            with pytest.raises(NotLetIn):
                door.set_up(typed, "Chris", PASSWORD, HERE)
        with pytest.raises(AccessError):
            door.set_up(code, "Chris", "kurz", HERE)
        with pytest.raises(AccessError):
            door.set_up(code, "", PASSWORD, HERE)
        assert door.needs_setup()
        clock.advance(FIRST_CODE_MS)
        with pytest.raises(NotLetIn):
            door.set_up(code, "Chris", PASSWORD, HERE)

    def test_codes_are_not_guessed_at_leisure(self, door: Door) -> None:
        for _ in range(TERMINAL.free):
            with pytest.raises(NotLetIn):
                door.set_up("AAA-AAA-AAA-AAA", "Chris", PASSWORD, HERE)
        with pytest.raises(TooManyTries):
            door.set_up("AAA-AAA-AAA-AAA", "Chris", PASSWORD, HERE)

    def test_it_works_while_names_are_locked(
        self, door: Door, office: Office, config: Config
    ) -> None:
        config.personal.key_file.rename(config.personal.key_file.with_suffix(".away"))
        bearer = door.set_up(office.first_code(), "Chris Ott", PASSWORD, HERE)
        assert bearer.name == ""


class TestOffice:
    def test_a_start_word_opens_nothing_but_the_change_of_it(
        self, door: Door, office: Office
    ) -> None:
        issued = office.give("Chris Ott", {Role.ADMINISTRATOR})
        bearer = door.by_password(issued.handle, issued.start_word.lower(), HERE)
        assert bearer.roles == {Role.VILLAGER}
        with pytest.raises(AccessError):
            office.change_pictures(bearer, PINS)
        after = office.change_password(bearer, "", PASSWORD, door, HERE)
        assert Role.ADMINISTRATOR in after.roles
        with pytest.raises(NotLetIn):
            door.by_password(issued.handle, issued.start_word, HERE)

    def test_a_found_card_gives_no_password_for_more(
        self, door: Door, office: Office, amsel: Issued
    ) -> None:
        """Who found a volunteer's card may set a password; a new role makes it worth nothing."""
        word = office.set_roles(amsel.account, {Role.VOLUNTEER, Role.CARER})
        assert word is not None
        with pytest.raises(NotLetIn):
            door.by_password(amsel.handle, PASSWORD, HERE)
        bearer = door.by_card(amsel.card)
        with pytest.raises(AccessError):
            office.change_password(bearer, "", "Ganz anderes Wort", door, HERE)
        with pytest.raises(AccessError):
            office.change_password(bearer, PASSWORD, "Ganz anderes Wort", door, HERE)
        assert office.set_roles(amsel.account, {Role.CARER}) is None

    def test_a_new_card_ends_the_old_one_and_its_pictures(
        self, door: Door, office: Office, amsel: Issued
    ) -> None:
        new = office.new_card(amsel.account)
        for call in (
            lambda: door.by_card(amsel.card),
            lambda: door.by_pictures(amsel.handle, PINS, HERE),
        ):
            with pytest.raises(NotLetIn):
                call()
        assert door.by_card(new.card).account == amsel.account

    def test_every_change_is_another_revision(self, office: Office, amsel: Issued) -> None:
        seen = set()
        for change in (
            lambda: office.new_card(amsel.account),
            lambda: office.start_word(amsel.account),
            lambda: office.set_roles(amsel.account, {Role.VOLUNTEER, Role.OFFICIAL}),
            lambda: office.block(amsel.account),
            lambda: office.unblock(amsel.account),
        ):
            seen.add(office.account(amsel.account).account.revision)
            change()
        assert len(seen | {office.account(amsel.account).account.revision}) == 6

    def test_the_last_administrator_stays_one(self, office: Office, boss: Issued) -> None:
        for call in (
            lambda: office.block(boss.account),
            lambda: office.set_roles(boss.account, {Role.VOLUNTEER}),
        ):
            with pytest.raises(LastAdministrator):
                call()
        assert office.standing(boss.account) is not None
        second = office.give("Zwei", {Role.ADMINISTRATOR})
        office.block(boss.account)
        assert office.standing(boss.account) is None
        with pytest.raises(LastAdministrator):
            office.block(second.account)

    def test_what_cannot_be(self, office: Office, door: Door, amsel: Issued) -> None:
        for roles in ((), (Role.VILLAGER,)):
            with pytest.raises(AccessError):
                office.give("Jemand", roles)
        for call in (
            lambda: office.new_card(99),
            lambda: office.start_word(99),
            lambda: office.block(99),
            lambda: office.unblock(99),
            lambda: office.rename(99, "x"),
            lambda: office.account(99),
        ):
            with pytest.raises(NoSuchAccount):
                call()
        bearer = door.by_card(amsel.card)
        with pytest.raises(AccessError):
            office.change_pictures(bearer, ("apfel", "apfel", "boot"))
        with pytest.raises(AccessError):
            office.change_pictures(replace(bearer, account=None), PINS)
        with pytest.raises(AccessError):
            office.change_password(bearer, PASSWORD, PASSWORD, door, HERE)
        with pytest.raises(NotLetIn):
            office.change_password(bearer, "falsch", "Ganz anderes Wort", door, HERE)

    def test_a_nameless_account_is_named_later(self, office: Office) -> None:
        issued = office.give_nameless({Role.VOLUNTEER})
        assert office.account(issued.account).name == ""
        office.rename(issued.account, " Jana  Vogt ")
        assert office.account(issued.account).name == "Jana Vogt"


def test_a_villagers_card_opens_for_a_villager(
    door: Door, keeping: Keeping, config: Config
) -> None:
    card = CARD_PREFIX + "0123456789ABCDEF" * 2
    with pytest.raises(NotLetIn):
        door.by_card(card)
    with keeping.personal() as personal, personal.connection.transaction() as driver:
        driver.execute(
            "INSERT INTO learner (name, same_name, card_hash, created_at, delete_after)"
            " VALUES ('Erna', 'erna', ?, 0, 1)",
            (card_hash(card),),
        )
        driver.execute(
            "INSERT INTO enrolment (course, learner, party, state, queue, channel, dates_rev,"
            " created_at, changed_at) VALUES (1, 1, 1, 'confirmed', 1, 'terminal', 1, 0, 0)"
        )
    bearer = door.by_card(card.replace("-", "ß").lower())
    assert (bearer.account, bearer.card, bearer.roles) == (None, card_hash(card), {Role.VILLAGER})
    config.personal.key_file.rename(config.personal.key_file.with_suffix(".away"))
    with pytest.raises(Locked):
        door.by_card(card)


class TestUpkeep:
    def tidy(self, keeping: Keeping) -> int:
        with keeping.personal() as personal, keeping.village() as village:
            return forget_accounts(village, personal, keeping.now_ms())

    def test_who_was_not_there_for_two_years_is_forgotten(
        self, keeping: Keeping, office: Office, door: Door, amsel: Issued, clock: FixedClock
    ) -> None:
        clock.advance(NAME_MS - DAY_MS)
        assert self.tidy(keeping) == 0
        door.by_card(amsel.card)
        clock.advance(NAME_MS - 2 * DAY_MS)
        assert self.tidy(keeping) == 0
        assert office.account(amsel.account).name == "Jana Vogt"
        clock.advance(2 * DAY_MS)
        assert self.tidy(keeping) == 1
        with pytest.raises(NotLetIn):
            door.by_card(amsel.card)
        with keeping.personal() as personal:
            assert personal.account_names() == {}

    def test_a_blocked_account_goes_after_a_month(
        self, keeping: Keeping, office: Office, amsel: Issued, clock: FixedClock
    ) -> None:
        office.block(amsel.account)
        clock.advance(BLOCKED_MS - 1)
        assert self.tidy(keeping) == 0
        clock.advance(1)
        assert self.tidy(keeping) == 1
        assert office.accounts() == []

    def test_the_last_administrator_loses_the_name_alone(
        self, keeping: Keeping, office: Office, boss: Issued, clock: FixedClock
    ) -> None:
        clock.advance(NAME_MS + DAY_MS)
        assert self.tidy(keeping) == 0
        assert office.account(boss.account).name == ""

    def test_erasing_a_person_erases_the_name_of_their_account(
        self, keeping: Keeping, amsel: Issued
    ) -> None:
        from edge.store.erasure import belongings, erase_from_personal  # noqa: PLC0415

        with keeping.personal() as personal:
            person = personal.add_person("jana  VOGT", 0)
            found = belongings(personal, person)
            assert found.accounts == (amsel.account,)
            erase_from_personal(personal, person, found)
            assert personal.account_name(amsel.account) == ""


def test_a_card_token_is_random(office: Office) -> None:
    cards = {office.give_nameless({Role.VOLUNTEER}).card for _ in range(20)}
    assert len(cards) == 20
    assert account_card(bytes(16)) not in cards
