"""The schema of materials in village.db. Nothing here is anybody's personal data."""

from __future__ import annotations

_V1 = (
    # what is on the shelf; `course` is a number of the learning point, `licence` may be 'unknown'
    """
    CREATE TABLE material (
      material INTEGER PRIMARY KEY AUTOINCREMENT,
      sha256 TEXT NOT NULL UNIQUE,
      ending TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('pdf', 'video', 'audio', 'h5p', 'zim')),
      file_name TEXT NOT NULL,
      size INTEGER NOT NULL,
      pages INTEGER NOT NULL,
      duration_ms INTEGER,
      language TEXT NOT NULL,
      licence TEXT NOT NULL,
      subject TEXT NOT NULL,
      source TEXT NOT NULL,
      course INTEGER REFERENCES course (course),
      added_at INTEGER NOT NULL,
      hidden INTEGER NOT NULL CHECK (hidden IN (0, 1)),
      rev INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE material_text (
      material INTEGER NOT NULL REFERENCES material (material) ON DELETE CASCADE,
      language TEXT NOT NULL,
      title TEXT NOT NULL,
      summary TEXT NOT NULL,
      PRIMARY KEY (material, language)
    ) STRICT, WITHOUT ROWID
    """,
    # captions of a film or recording; `language` may be empty where nobody said it
    """
    CREATE TABLE material_track (
      material INTEGER NOT NULL REFERENCES material (material) ON DELETE CASCADE,
      language TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      PRIMARY KEY (material, language)
    ) STRICT, WITHOUT ROWID
    """,
    # the text of each page of a PDF, to be read large and aloud
    """
    CREATE TABLE material_page (
      material INTEGER NOT NULL REFERENCES material (material) ON DELETE CASCADE,
      page INTEGER NOT NULL,
      text TEXT NOT NULL,
      PRIMARY KEY (material, page)
    ) STRICT, WITHOUT ROWID
    """,
    # what was not taken, and why; of the file itself nothing is kept
    """
    CREATE TABLE material_refused (
      refused INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      name TEXT NOT NULL,
      size INTEGER NOT NULL,
      code TEXT NOT NULL,
      reason TEXT NOT NULL,
      came_by TEXT NOT NULL CHECK (came_by IN ('stick', 'upload', 'command'))
    ) STRICT
    """,
)

MIGRATIONS = {"materials_0001_shelf": _V1}
