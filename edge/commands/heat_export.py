"""`dorfhub heat export`: the cadastre as tables or maps, with a dictionary of their columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from edge.commands.heat_cadastre import in_words, village_of
from edge.commands.heat_estimate import need_buildings

if TYPE_CHECKING:
    from edge.cadastre import geo_export, table_files

_MAPS = ("geojson", "gpkg")


@click.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet", *_MAPS]),
    default="csv",
    show_default=True,
    help="Tabellen (csv, parquet) oder Karten (geojson, gpkg: GeoPackage).",
)
@click.option(
    "--crs",
    type=click.Choice(["4326", "25832"]),
    default="25832",
    show_default=True,
    help="Koordinaten der Karten: 4326 Länge und Breite, 25832 UTM in Metern.",
)
@click.option(
    "--out",
    "folder",
    metavar="ORDNER",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Wohin; was dort so heißt, wird ersetzt.",
)
@click.option("--public", is_flag=True, help="Nur, was veröffentlicht ist (dorfhub publish heat).")
@click.pass_obj
def export(config_path: Path, *, form: str, crs: str, folder: Path, public: bool) -> None:
    """Schreibe das Wärmekataster als Tabellen oder Karten, mit einem Verzeichnis ihrer Spalten.

    Ohne --public: Gebäude, Baublöcke und Straßenabschnitte für die Planung der Gemeinde, nicht zum
    Weitergeben. Was Haushalten gehört, ist nie darin. Mit --public: die veröffentlichte Ausgabe.
    Karten haben Baublöcke und Abschnitte mit Umriss und Summen von fünf Gebäuden und mehr.

    \b
    Beispiele:
      dorfhub heat export --out ./kataster
      dorfhub heat export --public --format parquet --out ./offen
      dorfhub heat export --format gpkg --out ./karte

    \b
    Rückgabewert (Exit code): 0 geschrieben, 1 es gibt kein Gebäude, für Karten keine Summe, mit
    --public keine Ausgabe, der Ordner ist nicht zu beschreiben, oder ein Zusatz fehlt; 2 falscher
    Aufruf; 78 hub.toml ist falsch.
    """
    if form in _MAPS:
        if public:
            raise click.UsageError(
                "Karten gibt es nicht mit --public: als GeoJSON steht Veröffentlichtes bei den "
                "offenen Daten unter /-/waermekataster."
            )
        _write_maps(config_path, form, folder, int(crs))
    else:
        _write_tables(config_path, form, folder, public=public)


def _write_maps(config_path: Path, form: str, folder: Path, crs: int) -> None:
    with in_words():
        from edge.cadastre.geo_export import export  # noqa: PLC0415  # shapely is an extra

        with village_of(config_path) as village:
            for path in export(village, folder, cast("geo_export.Format", form), crs):
                click.echo(path)


def _write_tables(config_path: Path, form: str, folder: Path, *, public: bool) -> None:
    from edge.cadastre.table_files import write_tables  # noqa: PLC0415  # `--help` is quick
    from edge.cadastre.tables import internal_tables, public_tables  # noqa: PLC0415
    from edge.config import load  # noqa: PLC0415

    config = load(config_path)
    with in_words():
        if public:
            tables = public_tables(config.hub.public)
        else:
            with village_of(config_path) as village:
                need_buildings(village)
                tables = internal_tables(village)
    title = f"Wärmekataster {config.hub.village}" + ("" if public else " (nur für die Planung)")
    try:
        written = write_tables(folder, tables, cast("table_files.Format", form), title)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "pyarrow":
            raise
        raise click.ClickException(
            "Für Parquet fehlt pyarrow: pip install 'dorfhub[county]', oder --format csv"
        ) from missing
    except OSError as error:
        raise click.ClickException(
            f"{folder}: {error.strerror}. Bitte Platz und Schreibrechte prüfen."
        ) from error
    for table, path in zip(tables, written, strict=False):
        click.echo(f"{path} ({len(table.rows)} Zeilen)")
    for path in written[len(tables) :]:
        click.echo(path)
