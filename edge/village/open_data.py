"""What of the board may be open data: the hall forgets what was taken down, a copy stays.

So more is refused than on the board: also numbers as a village writes them (`Tel. 72 15`), and
addresses written past a filter (`(at)`). A date or a time is no number. Names nothing can find: a
volunteer looks. The auditor has rules of its own (:mod:`edge.publish.audit_board`).
"""

from __future__ import annotations

import re

from edge.learning.course import reaches_somebody

_WHEN = re.compile(
    r"(?<!\d)(?<!\d[./ -])(?:0?[1-9]|[12]\d|3[01])\. ?(?:0?[1-9]|1[0-2])\. ?(?:19|20)\d\d(?!\d)"
    r"|(?<!\d)(?<!\d[./ -])(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?:jan|feb|mär|apr|mai|jun|jul|aug|sep|okt|nov|dez)[a-zä]{0,6}\.? ?(?:19|20)\d\d(?!\d)"
    r"|(?<!\d)(?:[01]?\d|2[0-4])(?::[0-5]\d(?!\d)|(?:\.[0-5]\d)? ?uhr\b)",
    re.IGNORECASE,
)
_CALLED = re.compile(r"(?:tel|telefon|ruf|handy|mobil|fon)(?:nummer|nr)?\W{0,3}\d", re.IGNORECASE)
_LONG = re.compile(r"(?:\d[ /-]?){5,}")
_WRITTEN = re.compile(r"[(\[{<]\s*(?:at|ät)\s*[)\]}>]", re.IGNORECASE)
# more than the board takes for a number ("3+0123456"): what is in doubt is left out
DOUBTFUL = re.compile(r"\+\d(?:[ /()–-]{0,3}\d){5,}")


def tells_of_somebody(words: str) -> bool:
    """Tell whether a text may hold a number or an address by which a person is reached."""
    return bool(
        reaches_somebody(words)
        or DOUBTFUL.search(words)
        or _CALLED.search(words)
        or _WRITTEN.search(words)
        or _LONG.search(_WHEN.sub("·", words))
    )
