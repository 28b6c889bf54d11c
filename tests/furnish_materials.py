"""A shelf with one material of each kind, a stick that is plugged in, and what was not taken."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.config import Config
from edge.material import h5p
from edge.material.kinds import FORMATS
from edge.material.shelf import Shelf, shelf_of
from edge.store.village import VillageStore
from edge.store.village_materials import Material, RefusedFile, Words
from tests.edge.material import makers

PDF, AUDIO, FILM, EXERCISE, BOOK, HIDDEN = range(1, 7)
PAGES = {
    "lernen": "/lernen",
    "lernen-thema": "/lernen?thema=heimat&sprache=de",
    "lernen-nichts": "/lernen?thema=schule",
    "lernen-heft": f"/lernen/{PDF}",
    "lernen-lesen": f"/lernen/{PDF}/lesen/1",
    "lernen-hoeren": f"/lernen/{AUDIO}",
    "lernen-film": f"/lernen/{FILM}",
    "lernen-uebung": f"/lernen/{EXERCISE}",
    "lernen-buch": f"/lernen/{BOOK}",
    "material": "/pult/lernmaterial",
    "material-stick": "/pult/lernmaterial/stick",
    "material-angaben": f"/pult/lernmaterial/{HIDDEN}",
    "material-loeschen": f"/pult/lernmaterial/{PDF}/entfernen",
}
TALE = (
    "Unser Backhaus\nDas Backhaus steht seit 1847 neben der Kirche.\nGebacken wird samstags.",
    "So geht es\nBitte den Teig um neun Uhr mitbringen.\nUm elf Uhr kommt das Brot heraus.",
)


@cache
def film() -> bytes:
    """A real film if ffmpeg is there, else a film's skeleton."""
    with TemporaryDirectory() as folder:
        made = makers.film(Path(folder), ending="webm")
        return made.read_bytes() if made else b""


def put(village: VillageStore, shelf: Shelf, data: bytes, ending: str, **more: object) -> Material:
    """Lay a file on the shelf as an intake would."""
    name = hashlib.sha256(data).hexdigest()
    part, digest = shelf.stage(io.BytesIO(data), name, len(data), lambda _: None)
    shelf.put(part, digest, ending)
    if ending == "h5p":
        folder = shelf.unpacked(digest)
        folder.parent.mkdir(exist_ok=True)
        h5p.unpack(shelf.path(digest, ending), folder)
    texts = more.pop("texts", ())
    values: dict[str, object] = {
        "sha256": digest, "ending": ending, "kind": FORMATS[ending].kind,
        "file_name": f"datei.{ending}", "size": len(data), "language": "de",
        "licence": "CC-BY-4.0", "subject": "heimat", "source": "Heimatverein Holzheim",
        "added_at": 1, "hidden": False,
    }  # fmt: skip
    return village.add_material(Material(**(values | more)), texts)[0]  # type: ignore[arg-type]


def furnish_materials(config: Config, now_ms: int) -> None:
    """Furnish the shelf of a hub."""
    shelf = shelf_of(config)
    with VillageStore(config.hub.village_db) as village:
        put(
            village, shelf, makers.pdf(*TALE), "pdf", pages=2, texts=TALE,
            words={
                "de": Words("Unser Backhaus", "Wann gebacken wird und was man mitbringt."),
                "uk": Words("Наша пекарня", "Коли печуть хліб і що взяти з собою."),
                "ar": Words("مخبز قريتنا", "متى نخبز وماذا تحضر معك."),
            },
        )  # fmt: skip
        audio = put(
            village, shelf, makers.wav(3), "wav", duration_ms=3000, subject="alltag",
            words={"de": Words("Das Bürgerbüro anrufen", "Ein Gespräch zum Mithören.")},
        )  # fmt: skip
        track, digest = shelf.stage(
            io.BytesIO(makers.VTT.encode()), "vtt", len(makers.VTT), lambda _: None
        )
        shelf.put(track, digest, "vtt")
        village.add_tracks(audio.material, {"de": digest})
        ending, data = ("webm", film()) if film() else ("mp4", makers.mp4_shell())
        put(
            village, shelf, data, ending, duration_ms=4000, subject="handy", licence="own",
            words={"de": Words("Ein Foto verschicken", "Schritt für Schritt, ganz langsam.")},
        )  # fmt: skip
        put(
            village, shelf, makers.h5p(), "h5p", language="de-simple",
            words={"de": Words("Wie gut kennen Sie das Backhaus?")},
        )  # fmt: skip
        put(
            village, shelf, makers.zim(), "zim", language="uk", subject="anderes",
            words={"de": Words("Wikipedia auf Ukrainisch", "Zum Nachschlagen, ohne Internet.")},
        )  # fmt: skip
        put(
            village, shelf, makers.wav(1), "wav", hidden=True, licence="unknown", language="",
            words={"de": Words("Aufnahme 12")},
        )  # fmt: skip
        village.refuse_material(
            RefusedFile(
                now_ms, "Rechnung.pdf", 48_000, "pdf_script",
                "Diese PDF-Datei bringt ein kleines Programm (JavaScript) mit.", "stick",
            )
        )  # fmt: skip
    stick = config.sync.sticks[0] / "LERNSTICK"
    (stick / "Filme").mkdir(parents=True)
    (stick / "Notruf-Karte.pdf").write_bytes(makers.pdf("Notruf 112"))
    (stick / "Filme/Brot.wav").write_bytes(makers.wav())
    (stick / "Filme/Brot.de.vtt").write_text(makers.VTT)
    (stick / "spiel.exe").write_bytes(b"MZ\x90\0" + bytes(50))
