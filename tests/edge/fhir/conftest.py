import json
from pathlib import Path

import pytest

from edge.fhir.definitions import Definitions


@pytest.fixture(scope="session")
def german(shared_data: Path) -> Definitions:
    """R4's definitions with the German profiles beside them."""
    return Definitions(
        json.loads(path.read_text("utf-8"))
        for path in sorted((shared_data / "fhir").glob("*/StructureDefinition-*.json"))
    )
