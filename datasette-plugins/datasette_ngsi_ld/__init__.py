"""A Datasette plugin: tables as entities of NGSI-LD (ETSI GS CIM 009), to read."""

from datasette_ngsi_ld.plugin import register_routes, skip_csrf, startup
from datasette_ngsi_ld.settings import read_model

__all__ = ["read_model", "register_routes", "skip_csrf", "startup"]
