"""A Datasette plugin: serve no file that an auditor of disclosure did not pass."""

from datasette_cell_guard.certificate import Demand, Verdict, judge
from datasette_cell_guard.plugin import (
    asgi_wrapper,
    handle_exception,
    permission_allowed,
    permission_resources_sql,
    prepare_connection,
    register_actions,
    register_routes,
    startup,
)

__all__ = [
    "Demand",
    "Verdict",
    "asgi_wrapper",
    "handle_exception",
    "judge",
    "permission_allowed",
    "permission_resources_sql",
    "prepare_connection",
    "register_actions",
    "register_routes",
    "startup",
]
