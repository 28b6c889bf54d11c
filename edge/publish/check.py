"""Audit every snapshot of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edge.publish.audit import Verdict, audit
from edge.publish.certificate import Certificate
from edge.publish.cube import cube_named
from edge.publish.errors import SnapshotUnreadable, UnsupportedCube
from edge.publish.finding import Finding
from edge.publish.release import release_of


def audit_folder(
    folder: Path,
    communal: Mapping[str, str],
    ledger: Path | None = None,
    sensors: Mapping[str, tuple[str, str]] | None = None,
) -> tuple[tuple[Verdict, ...], tuple[SnapshotUnreadable | UnsupportedCube, ...]]:
    """Return the verdict on every snapshot, and the errors of those that could not be judged.

    ``communal`` maps the communal sites of hub.toml to their names; ``ledger`` is village.db,
    ``sensors`` are those that it makes public.

    :raises SnapshotUnreadable: if the folder cannot be read.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".db")
    except OSError as error:
        raise SnapshotUnreadable(f"{folder} cannot be read: {error.strerror}") from error
    verdicts: list[Verdict] = []
    errors: list[SnapshotUnreadable | UnsupportedCube] = []
    for path in paths:
        try:
            verdicts.append(_audit_one(path, communal, ledger, sensors))
        except (SnapshotUnreadable, UnsupportedCube) as error:
            errors.append(error)
    return tuple(verdicts), tuple(errors)


def _audit_one(
    path: Path,
    communal: Mapping[str, str],
    ledger: Path | None,
    sensors: Mapping[str, tuple[str, str]] | None,
) -> Verdict:
    release = release_of(path)
    if release is None:
        raise UnsupportedCube(
            f"{path.name} is not named like a release",
            hint="Only dorfhub publish build puts files into this folder; remove it.",
        )
    certificate, missing = _certificate(path)
    if certificate is not None and certificate.kind != cube_named(release.name).kind:
        raise UnsupportedCube(f"{path.name}: its certificate is of kind {certificate.kind!r}")
    verdict = audit(path, cube_named(release.name), communal, certificate, ledger, sensors=sensors)
    return Verdict(verdict.snapshot, (*missing, *verdict.findings))


def _certificate(path: Path) -> tuple[Certificate | None, tuple[Finding, ...]]:
    release = release_of(path)
    try:
        return (release.certificate(), ()) if release else (None, ())
    except SnapshotUnreadable as error:
        return None, (Finding("certificate", str(error)),)
