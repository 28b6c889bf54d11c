"""A Datasette plugin: what is published, as a catalogue in DCAT-AP.de 3.0."""

from datasette_dcat_ap_de.plugin import extra_css_urls, register_routes

__all__ = ["extra_css_urls", "register_routes"]
