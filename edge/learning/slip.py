"""Slip numbers: opaque, easy to read aloud, to write down and to type; a wrong sign is noticed.

Seventeen signs that look and, in German, sound different. The ninth is a check: the weighted sum
over a prime field shows every single wrong sign and every two neighbours in the wrong order.
"""

from __future__ import annotations

import hashlib

from edge.learning.errors import SlipUnreadable

SIGNS = "23456789AFJKMRUXY"  # no 0/O, 1/I/L, 5/S and the like, of rhyming letters at most one
LENGTH = 9
_PRIME = len(SIGNS)
_ALIKE = str.maketrans("SZBGV", "5286U")  # what is read for a sign that there is
_WEIGHTS = range(LENGTH, 1, -1)  # all different and none 0 modulo 17


def slip_of(token: str, attempt: int = 0) -> str:
    """Return the slip number that a form's token stands for: the same one each time.

    ``attempt`` gives others, for the case that the first one is taken.
    """
    digest = hashlib.blake2b(f"{attempt}:{token}".encode(), digest_size=16, person=b"dorfhub-slip")
    value = int.from_bytes(digest.digest(), "big")
    numbers = []
    for _ in range(LENGTH - 1):
        value, rest = divmod(value, _PRIME)
        numbers.append(rest)
    return "".join(SIGNS[one] for one in [*numbers, _check(numbers)])


def read_slip(typed: str) -> str:
    """Return the slip number as it is kept, whatever case, spaces and dashes were typed.

    :raises SlipUnreadable: if it is none; the hint says whether a sign is wrong or one lacks.
    """
    typed = typed[:200].upper().translate(_ALIKE)
    signs = [sign for sign in typed if not (sign.isspace() or sign in "-–.")]
    if len(signs) != LENGTH:
        raise SlipUnreadable(
            f"{len(signs)} signs",
            hint=f"Eine Zettelnummer hat {LENGTH} Zeichen, zum Beispiel {shown(slip_of('x'))}. "
            "Bitte noch einmal vom Zettel abschreiben.",
            field="slip",
        )
    numbers = [SIGNS.find(sign) for sign in signs]
    if min(numbers) < 0 or _check(numbers[:-1]) != numbers[-1]:
        raise SlipUnreadable(
            "the check does not fit",
            hint="In der Zettelnummer stimmt ein Zeichen nicht. Bitte noch einmal vom Zettel "
            "abschreiben.",
            field="slip",
        )
    return "".join(signs)


def shown(slip: str) -> str:
    """Return a slip number as it is printed: three by three."""
    return " ".join(slip[at : at + 3] for at in range(0, LENGTH, 3))


def _check(numbers: list[int]) -> int:
    return -sum(w * n for w, n in zip(_WEIGHTS, numbers, strict=True)) % _PRIME
