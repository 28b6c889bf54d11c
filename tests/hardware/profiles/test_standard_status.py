from __future__ import annotations

import pytest

from hardware.mbus.header import status_text
from hardware.profiles.standard_status import standard_flags


@pytest.mark.parametrize("byte", range(256))
def test_each_word_that_the_standard_has_is_explained_in_both_languages(byte: int) -> None:
    status = status_text(byte)
    found = standard_flags(status)
    assert [flag.name for flag in found] == ([] if status == "OK" else status.split())
    for flag in found:
        assert flag.de.startswith(("Der Zähler", "Im Zähler", "Die Batterie"))
        assert flag.en.startswith(("The meter", "An error"))
        assert flag.de.endswith(".")
        assert flag.en.endswith(".")


def test_what_the_standard_does_not_name_is_left_to_others() -> None:
    assert standard_flags(None) == ()
    assert standard_flags("OK") == ()
    assert standard_flags("LEAK") == ()
