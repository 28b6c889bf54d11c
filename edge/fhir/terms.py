"""Codes against the value sets that elements are bound to, and units against UCUM. Pure.

Source: FHIR R4, 4.1.5 Binding strengths; 4.1.6 Controlling the use of coded values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edge.fhir.definitions import Definitions
from edge.fhir.issue import Issue, Severity
from edge.fhir.node import Binding
from edge.fhir.ucum import SYSTEM, is_unit

_MIME = "urn:ietf:bcp:13"
_LANGUAGE = "urn:ietf:bcp:47"
# HL7's list of units of vital signs has none for a flow of oxygen, which the German profiles let in
# as a component beside the saturation: there it is advice.
_VITALS = "http://hl7.org/fhir/ValueSet/ucum-vitals-common"

ValueSet = Mapping[str, list[str] | None]


def is_in(value: object, value_set: ValueSet) -> bool:
    """Tell whether a code, coding, concept or quantity is in a value set.

    Of a concept one coding has to be.
    """
    if isinstance(value, str):
        return any(_has(codes, system, value) for system, codes in value_set.items())
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("coding"), list):
        return any(is_in(each, value_set) for each in value["coding"])
    system, code = value.get("system"), value.get("code")
    if not isinstance(system, str) or not isinstance(code, str) or system not in value_set:
        return False
    return _has(value_set[system], system, code)


def bound(value: object, binding: Binding, definitions: Definitions, path: str) -> Iterator[Issue]:
    """Yield what is wrong with a value under a required binding."""
    value_set = definitions.value_set(binding.value_set)
    if value_set is None:
        yield Issue(
            path,
            "binding",
            f"Die Codes von {binding.value_set} liegen nicht bereit.",
            "Das ValueSet zu den Profilen legen, dann noch einmal prüfen.",
            Severity.UNCHECKED,
        )
        return
    if is_in(value, value_set):
        return
    known = [code for codes in value_set.values() for code in codes or ()]
    few = f"Erlaubt: {', '.join(known)}." if 0 < len(known) <= 20 else "Einen Code daraus nehmen."
    lenient = binding.value_set == _VITALS and ".component[" in path
    yield Issue(
        path,
        "binding",
        f"{_said(value)} steht nicht in {binding.value_set}.",
        few,
        Severity.WARNING if lenient else Severity.ERROR,
    )


def unit(value: Mapping[str, object], path: str) -> Iterator[Issue]:
    """Yield what is wrong with a quantity's or a coding's unit, if it says that it is UCUM's."""
    code = value.get("code")
    if value.get("system") == SYSTEM and isinstance(code, str) and not is_unit(code):
        yield Issue(
            f"{path}.code",
            "ucum",
            f"„{code}“ ist keine Einheit nach UCUM.",
            "Groß und klein zählt: mm[Hg], /min, %, Cel, kg, cm, mmol/L, mg/dL.",
        )


def _has(codes: list[str] | None, system: str, code: str) -> bool:
    if codes is not None:
        return code in codes
    if system == SYSTEM:
        return is_unit(code)
    if system == _MIME:
        main, _, rest = code.partition("/")
        return bool(main) and bool(rest) and not any(sign.isspace() for sign in main)
    return system == _LANGUAGE and all(
        part.isalnum() and len(part) <= 8 for part in code.split("-")
    )


def _said(value: object) -> str:
    if isinstance(value, dict):
        listed = value.get("coding")
        codings = listed if isinstance(listed, list) else [value]
        pairs = [
            f"{one.get('system')}|{one.get('code')}" for one in codings if isinstance(one, dict)
        ]
        return ", ".join(pairs)[:200] or "Ein Wert ohne Code"
    return f"„{str(value)[:100]}“"
