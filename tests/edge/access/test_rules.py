"""Roles, waits, cards, codes, names, pictures: pure, every branch."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access.card import account_card, account_card_hash, read_card
from edge.access.code import LENGTH, code_hash, make_code, read_code, shown
from edge.access.errors import AccessError
from edge.access.handle import WORDS, new_handle, same_handle
from edge.access.lockout import ACCOUNT, TERMINAL, Rule, Tally, counted, settled, wait_ms
from edge.access.pictures import PICTURES, is_pin, secret_of
from edge.access.role import Role, Way, granted, highest
from edge.access.words import check_name, check_password
from edge.desk.register import CARD_PREFIX

ALL = frozenset(Role)
TOKEN = bytes(range(16))
NOW = 1_795_447_440_000


class TestRoles:
    def test_everybody_is_a_villager_and_no_more_without_signing_in(self) -> None:
        assert granted(ALL, None) == {Role.VILLAGER}
        assert granted((), Way.PASSWORD) == {Role.VILLAGER}
        assert granted(ALL, Way.START) == {Role.VILLAGER}

    @pytest.mark.parametrize("way", [Way.CARD, Way.PICTURES])
    def test_without_a_password_of_ones_own_one_is_a_volunteer_at_most(self, way: Way) -> None:
        assert granted(ALL, way) == {Role.VILLAGER, Role.VOLUNTEER}
        assert granted({Role.ADMINISTRATOR}, way) == {Role.VILLAGER, Role.VOLUNTEER}
        assert granted({Role.CARER}, way) == {Role.VILLAGER}

    def test_an_administrator_may_what_a_volunteer_may_and_not_what_a_carer_may(self) -> None:
        found = granted({Role.ADMINISTRATOR}, Way.PASSWORD)
        assert found == {Role.VILLAGER, Role.VOLUNTEER, Role.ADMINISTRATOR}
        assert granted({Role.CARER}, Way.PASSWORD) == {Role.VILLAGER, Role.CARER}

    def test_the_highest_role(self) -> None:
        assert highest(ALL) is Role.ADMINISTRATOR
        assert highest({Role.VOLUNTEER, Role.VILLAGER}) is Role.VOLUNTEER
        assert highest(()) is Role.VILLAGER


class TestWaits:
    def test_some_mistakes_are_free_then_each_doubles_the_wait(self) -> None:
        tally, now, waits = Tally(), NOW, []
        for _ in range(ACCOUNT.free + 8):
            tally = counted(tally, now, ACCOUNT)
            waits.append(wait_ms(tally, now, ACCOUNT) // 1000)
            now += wait_ms(tally, now, ACCOUNT)
        assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900]

    def test_who_asks_while_waiting_makes_it_no_longer(self) -> None:
        tally = Tally()
        for _ in range(ACCOUNT.free):
            tally = counted(tally, NOW, ACCOUNT)
        assert counted(tally, NOW + 1000, ACCOUNT) == tally
        assert wait_ms(tally, NOW + 29_001, ACCOUNT) == 999

    def test_what_is_long_ago_counts_no_more(self) -> None:
        tally = Tally(50, NOW, NOW + 900_000)
        assert settled(tally, NOW + ACCOUNT.forget_ms - 1, ACCOUNT) == tally
        assert settled(tally, NOW + ACCOUNT.forget_ms, ACCOUNT) == Tally()

    def test_a_clock_that_was_set_back_makes_no_wait_longer(self) -> None:
        tally = Tally(9, NOW, NOW + 60_000)
        year_ago = NOW - 365 * 86_400_000
        assert wait_ms(tally, year_ago, ACCOUNT) == 60_000
        assert wait_ms(settled(tally, year_ago, ACCOUNT), year_ago + 60_000, ACCOUNT) == 0

    @given(st.lists(st.integers(0, 3_600_000), max_size=60), st.sampled_from([ACCOUNT, TERMINAL]))
    def test_nobody_waits_longer_than_the_longest(self, pauses: list[int], rule: Rule) -> None:
        tally, now = Tally(), NOW
        for pause in pauses:
            now += pause
            tally = counted(tally, now, rule)
            assert 0 <= wait_ms(tally, now, rule) <= rule.longest_ms

    def test_at_this_pace_a_picture_pin_outlasts_the_misses_that_are_allowed(self) -> None:
        assert len(PICTURES) * (len(PICTURES) - 1) * (len(PICTURES) - 2) == 1320


class TestCards:
    def test_a_card_is_read_as_it_was_made(self) -> None:
        card = account_card(TOKEN)
        found = read_card(card)
        assert found is not None
        assert (found.whose, found.text) == ("account", card)
        assert account_card_hash(card) != account_card_hash(account_card(bytes(16)))
        with pytest.raises(ValueError, match="16 random bytes"):
            account_card(b"short")

    @pytest.mark.parametrize("dash", ["-", "ß", "ẞ", "_", "", " ", "'"])
    def test_a_scanner_with_another_keyboard_types_something_else_for_the_dash(
        self, dash: str
    ) -> None:
        typed = account_card(TOKEN).replace("-", dash).lower()
        found = read_card(f" {typed}\r\n")
        assert found is not None
        assert found.text == account_card(TOKEN)

    def test_a_villagers_card_is_told_apart(self) -> None:
        found = read_card(f"{CARD_PREFIX}{TOKEN.hex()}")
        assert found is not None
        assert (found.whose, found.text) == ("villager", f"{CARD_PREFIX}{TOKEN.hex().upper()}")

    @pytest.mark.parametrize(
        "typed",
        ["", "DHA1-", "DHB1-" + "0" * 32, "DHA1-" + "0" * 31, "DHA1-" + "0" * 33, "x" * 100_000,
         "https://example.org/DHA1-" + "0" * 32, "DHA1-" + "٣" * 32, "234-567-89A"],
    )  # fmt: skip
    def test_a_code_of_something_else_is_none(self, typed: str) -> None:
        assert read_card(typed) is None


class TestCodes:
    def test_a_code_is_read_however_it_is_typed(self) -> None:
        code = make_code(random.Random(1).choice)
        assert len(code) == LENGTH
        assert shown(code).count("-") == 3
        for typed in (code, shown(code), shown(code).lower(), f" {code[:6]} {code[6:]}\n"):
            assert read_code(typed) == code
        assert read_code(code.replace("5", "S").replace("8", "B").replace("2", "Z")) == code
        assert len(code_hash(code)) == 32

    @pytest.mark.parametrize("typed", ["", "A" * 11, "A" * 13, "0" * 12, "A" * 100_000])
    def test_what_is_no_code(self, typed: str) -> None:
        assert read_code(typed) is None


class TestHandles:
    def test_they_say_nothing_of_anybody_and_are_all_different(self) -> None:
        assert len({same_handle(word) for word in WORDS}) == len(WORDS) > 60
        assert all(word.isascii() and len(word) <= 10 for word in WORDS)

    def test_none_is_given_twice(self) -> None:
        rng = random.Random(2)
        taken: set[str] = set()
        for _ in range(3 * len(WORDS)):
            handle = new_handle(taken, rng.choice)
            assert same_handle(handle) not in taken
            taken.add(same_handle(handle))
        assert "amsel2" in taken

    def test_spellings(self) -> None:
        assert same_handle("  AMSEL ") == same_handle("amsel") == same_handle("Ａｍｓｅｌ")
        assert same_handle("Amsel 2") == same_handle("amsel2")
        assert len(same_handle("x" * 100_000)) < 100


class TestEntries:
    def test_pictures(self) -> None:
        assert is_pin(("apfel", "baum", "boot"))
        assert secret_of(("apfel", "baum", "boot")) != secret_of(("baum", "apfel", "boot"))
        for wrong in ((), ("apfel", "baum"), ("apfel", "apfel", "baum"), ("apfel", "baum", "x")):
            assert not is_pin(wrong)

    def test_names(self) -> None:
        assert check_name("  Şükrü   Öztürk-Weiß ") == "Şükrü Öztürk-Weiß"
        for wrong in ("", "   ", "x" * 81, "a\x07b"):
            with pytest.raises(AccessError) as caught:
                check_name(wrong)
            assert caught.value.field == "person"

    def test_passwords(self) -> None:
        check_password("Kiesel Laterne")
        for wrong in ("kurz", "x" * 201, "aaaaaaaaaaaaaaaa", "abababababababab"):
            with pytest.raises(AccessError) as caught:
                check_password(wrong)
            assert caught.value.field == "passwort"
