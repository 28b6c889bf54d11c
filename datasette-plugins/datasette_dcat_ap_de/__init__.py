"""A Datasette plugin: what is published, as a catalogue in DCAT-AP.de 3.0."""

from datasette_dcat_ap_de.plugin import register_routes

__all__ = ["register_routes"]
