"""What Flask and Jinja compile anew for each app, compiled once in a process of tests.

Thousands of tests make an app of their own: its 400 addresses and each page's template are code
that is written, parsed and compiled, half a second of a test that asks for one page.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.datastructures import ImmutableDict
from werkzeug.routing import Rule

_Builder = Callable[..., tuple[str, str]]


class _InMemory(BytecodeCache):
    """Templates' code; Jinja names it by the file and by what stands in it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = self._kept.get((bucket.key, bucket.checksum))
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def share() -> None:
    """Let all apps of this process share what is compiled; once is enough."""
    if Flask.jinja_options:
        return
    Flask.jinja_options = ImmutableDict(bytecode_cache=_InMemory())
    compiled, kept = Rule._compile_builder, dict[tuple[object, ...], _Builder]()

    def compiled_once(rule: Rule, append_unknown: bool = True) -> _Builder:  # noqa: FBT001, FBT002
        # what is compiled asks the rule it is bound to for its converters
        defaults = tuple(sorted((rule.defaults or {}).items()))
        key = (tuple(rule._trace), defaults, append_unknown)
        if key not in kept:
            kept[key] = compiled(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = compiled_once  # type: ignore[assignment, method-assign]
