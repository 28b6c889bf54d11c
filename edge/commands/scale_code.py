"""A person who no longer agrees, or whose scale it is no longer: the hub forgets their code.

Without it the scale hands over none of their values, so none come that nobody may keep.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from edge.store.personal_rows import Assignment


def forget_codes(
    config_path: Path, ended: Iterable[Assignment], held: Iterable[Assignment]
) -> list[str]:
    """Forget the codes of the users that ``ended`` are about; say which in a sentence each.

    :raises ClickException: if a code could not be forgotten.
    """
    from edge.config import load  # noqa: PLC0415  # `--help` is quick
    from edge.process.words import said  # noqa: PLC0415
    from edge.store.errors import StoreError  # noqa: PLC0415
    from edge.store.scale_users import ScaleUsers  # noqa: PLC0415
    from edge.ward import withdrawal  # noqa: PLC0415

    try:
        users = ScaleUsers(load(config_path).hub.scale_users)
        return forgotten(withdrawal.forget_codes(users, ended, held))
    except StoreError as error:
        raise click.ClickException(
            f"Die Codes der Waagen konnten nicht vergessen werden: {said(error)}\n"
            "Danach dasselbe noch einmal."
        ) from None


def forgotten(codes: Iterable[tuple[str, int]]) -> list[str]:
    """Say of which users of scales the hub forgot the codes."""
    return [
        f"Der Hub hat den Code von Benutzer {index} an {device_id} vergessen und holt dort nichts "
        "mehr von ihm."
        for device_id, index in codes
    ]
