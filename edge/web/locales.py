"""What Babel knows of a language, as much as pages say of it.

A language's data are 1.2 to 1.8 MB and are kept for good; half of them are units of measure and
time zones, which no page names.
"""

from __future__ import annotations

from functools import cache

from babel import Locale, localedata

_UNSAID = (
    "compound_unit_patterns",
    "meta_zones",
    "time_zones",
    "unit_display_names",
    "unit_patterns",
)


@cache
def locale_of(code: str) -> Locale:
    """Return the rules of a language by its code in `lang`; of easy German, German's."""
    found = Locale.parse(code.partition("-")[0])
    for name in (found.language, "root"):
        data = localedata.load(name)
        for key in _UNSAID:
            data.pop(key, None)
    return found
