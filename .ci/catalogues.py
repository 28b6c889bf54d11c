"""Bring `edge/web/translations/*.po` up to what pages and program say; whoever adds a text runs it.

New texts come in empty (a test names them until they are translated), what is said no more goes,
a person's mark `checked_by:` stays as long as the German it was given for.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "edge/web"
KEYWORDS = {"_": None, "outer": None, "say": None, "later": None, "say_count": (1, 2)}
LOCALES = {"en": "en", "uk": "uk", "tr": "tr", "ar": "ar", "leicht": "de"}


def said() -> list[str | tuple[str, ...]]:
    """Return every text that pages and program say, in the order of the files."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    options = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
    found = extract_from_dir(WEB, methods, options, KEYWORDS, strip_comment_tags=True)
    return list(dict.fromkeys(message for _, _, message, _, _ in found if message))


def updated(file: Path, locale: str) -> bytes:
    """Return the file with what is said now."""
    old = read_po(BytesIO(file.read_bytes()), locale=locale) if file.exists() else Catalog(locale)
    new = Catalog(locale, charset="utf-8", project="dorfhub", fuzzy=False)
    for message in said():
        before = old.get(message if isinstance(message, str) else message[0])
        new.add(
            message,
            before.string if before else ("" if isinstance(message, str) else ("", "")),
            user_comments=before.user_comments if before else (),
        )
    new.header_comment = f"# {file.stem}: see docs/face.md. An entry that a person who speaks the"
    new.header_comment += "\n# language has read carries a comment `checked_by: NAME`."
    text = BytesIO()
    write_po(text, new, omit_header=False, width=100)
    lines = text.getvalue().decode().splitlines(keepends=True)
    dated = ('"POT-Creation', '"PO-Revision', '"Last-Translator', '"Language-Team', '"Generated-By')
    lines = [one for one in lines if not one.startswith((*dated, '"Project-Id', '"Report-Msgid'))]
    return "".join(lines).encode()


def main() -> int:
    """Write the files; with `--check` say which would change."""
    stale = 0
    for key, locale in LOCALES.items():
        file = WEB / "translations" / f"{key}.po"
        text = updated(file, locale)
        if not file.exists() or text != file.read_bytes():
            stale += 1
            print(f"{file.name} is not up to date" if "--check" in sys.argv else f"wrote {file}")
            if "--check" not in sys.argv:
                file.write_bytes(text)
    return int(bool(stale and "--check" in sys.argv))


if __name__ == "__main__":
    sys.exit(main())
