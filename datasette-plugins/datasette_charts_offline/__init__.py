"""A Datasette plugin: charts made by the server, with their values as a table beside them."""

from datasette_charts_offline.plugin import extra_css_urls, register_routes, top_table
from datasette_charts_offline.series import Row, picture
from datasette_charts_offline.settings import Chart, ChartError

__all__ = [
    "Chart",
    "ChartError",
    "Row",
    "extra_css_urls",
    "picture",
    "register_routes",
    "top_table",
]
