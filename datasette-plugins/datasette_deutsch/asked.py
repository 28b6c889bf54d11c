"""What was asked wrongly, or takes too long: Datasette 1.0a41 answers some of it as its own fault.

A table's page and JSON end with status 500 where SQLite was stopped at the time limit, and where
`_through`, `COLUMN__in`, `_facet_array` or `_timelimit` say what cannot be read. All of it is the
question's.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

from datasette_common.sqlite import SQLITE_ERRORS, meaning

SLOW = "SQL query took too long. The time limit is controlled by the sql_time_limit_ms setting."
UNREADABLE = "A parameter of the address cannot be read"
# Where Datasette reads what the address says, and makes SQL of it.
_READERS = {"datasette.filters", "datasette.facets"}
_VIEW = "datasette.views.table"


def refusal(error: BaseException) -> str | None:
    """Return what to answer, None for a real fault, which stays one."""
    if type(error).__name__ == "QueryInterrupted":
        return SLOW
    modules = list(_modules(error.__traceback__))
    read = any(one in _READERS for one in modules)
    if isinstance(error, SQLITE_ERRORS):
        return UNREADABLE if read and meaning(error) in {"missing", "much"} else None
    known = isinstance(error, ValueError | LookupError | TypeError) or _is_refusal(error)
    number = isinstance(error, ValueError) and modules[-1:] == [_VIEW]
    return UNREADABLE if number or (read and known) else None


def _is_refusal(error: BaseException) -> bool:
    return type(error).__name__ == "DatasetteError" and getattr(error, "status", 0) >= 500


def _modules(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        yield str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
