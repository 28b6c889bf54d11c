"""Whether the certificate beside a file is that file's, and says what is demanded.

A certificate is a JSON object beside its file, under the same name with another suffix:
`heat-v000012.db` and `heat-v000012.json`. What is read of it:

| field | type | meaning |
|---|---|---|
| `sha256` | 64 hex digits | of the file as it was audited |
| `size` | integer | its bytes |
| `k` | integer | no published group has fewer members |
| `p_percent` | number | nobody's share can be told more closely than this, in per cent |
| `auditor` | text | which auditor passed it |
| `cube` | text | by which declaration |
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MAX_CERTIFICATE = 64 * 1024  # one has some 600 bytes
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Demand:
    """What a certificate must say at the least.

    ``auditors`` and ``cube`` are not looked at where they are empty.
    """

    k: int = 5
    p_percent: float = 0.0
    auditors: tuple[str, ...] = ()
    cube: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``refused`` says why a file is not served; it is empty if it may be."""

    refused: str = ""
    certificate: Mapping[str, object] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the file may be served."""
        return not self.refused


def judge(path: Path, demand: Demand, suffix: str = ".json") -> Verdict:
    """Read the certificate beside ``path``, and the file as a whole, and compare them."""
    beside = path.with_suffix(suffix)
    try:
        said = _read(beside)
    except FileNotFoundError:
        return Verdict(f"there is no certificate {beside.name} beside it")
    except (OSError, ValueError) as error:
        return Verdict(f"the certificate {beside.name} cannot be read: {error}")
    return Verdict(_weak(said, demand) or _of_another_file(said, path), said)


def _read(path: Path) -> Mapping[str, object]:
    with path.open("rb") as file:
        content = file.read(MAX_CERTIFICATE + 1)
    if len(content) > MAX_CERTIFICATE:
        raise ValueError(f"it is larger than {MAX_CERTIFICATE} bytes")
    said = json.loads(content)
    if not isinstance(said, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - of the file's text
    return said


def _weak(said: Mapping[str, object], demand: Demand) -> str:
    """Return what the certificate does not promise, empty if it promises enough."""
    k, p_percent = said.get("k"), said.get("p_percent")
    if isinstance(k, bool) or not isinstance(k, int) or k < demand.k:
        return f"its certificate promises k = {k!r}, and {demand.k} is demanded"
    if _number(p_percent) < demand.p_percent:
        return f"its certificate promises p = {p_percent!r} %, and {demand.p_percent:g} is demanded"
    if demand.auditors and said.get("auditor") not in demand.auditors:
        return f"it was passed by {said.get('auditor')!r}, which is none of the auditors asked for"
    if demand.cube and said.get("cube") != demand.cube:
        return f"its certificate is one of {said.get('cube')!r}, and not of {demand.cube!r}"
    return ""


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return -math.inf
    return float(value)


def _of_another_file(said: Mapping[str, object], path: Path) -> str:
    try:
        size = path.stat().st_size
        if said.get("size") != size:
            return f"its certificate is one of {said.get('size')!r} bytes, and the file has {size}"
        if said.get("sha256") != _sha256(path):
            return "the file is not the one that was audited: its SHA-256 is another"
        if any(path.with_name(path.name + log).exists() for log in ("-wal", "-journal")):
            return "a log of changes lies beside it, so that it may say something else"
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"
    return ""


def _sha256(path: Path) -> str:
    made = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            made.update(chunk)
    return made.hexdigest()
