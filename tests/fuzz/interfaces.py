"""A village's open data and pages, asked by schemathesis what `open_data.yaml` says they answer."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.schemas import APIOperation

from edge.publish.build_plan import build_plan
from edge.publish.serve import create_datasette
from tests.attacks.published import tell
from tests.datasette_plugins.deutsch.server import served
from tests.furnish_numbers import publish
from tests.hall import NOW, NOW_MS
from tests.made_plan import village

SCHEMA = Path(__file__).with_name("open_data.yaml")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
Operation = APIOperation


def operations() -> list[Operation]:
    """Return every question that the description knows."""
    found = schemathesis.openapi.from_path(str(SCHEMA)).get_all_operations()
    return [one.ok() for one in found]


@contextmanager
def published(folder: Path) -> Iterator[str]:
    """Serve a village's open data as the hub does; the address of the first page."""
    config = publish(folder, folder / "state/public", NOW_MS)
    config = replace(
        config,
        datasette=replace(config.datasette, base_url="/daten/"),
        publish=replace(config.publish, publisher="Gemeinde Holzheim"),
    )
    tell(config, village(random.Random(1), 60), 2026)
    done = build_plan(config, config.hub.public, NOW)
    assert done.published.outcome == "published"
    with served(create_datasette(config)) as address:
        yield address


def asked(
    operation: Operation, address: str, examples: int, *, spoiled: bool = False
) -> Counter[int]:
    """Ask one question with this many examples; how often which status was answered.

    ``spoiled`` questions break the description in one way at least.

    :raises AssertionError: of schemathesis, for an answer that is not as described.
    """
    seen: Counter[int] = Counter()
    mode = GenerationMode.NEGATIVE if spoiled else GenerationMode.POSITIVE
    with requests.Session() as line:

        @settings(
            max_examples=examples,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
        )
        @given(case=operation.as_strategy(mode))
        def ask(case: Case) -> None:
            answer = case.call(base_url=address.rstrip("/"), session=line, allow_redirects=False)
            seen[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        ask()
    return seen
