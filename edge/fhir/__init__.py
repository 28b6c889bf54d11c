"""FHIR R4: what the hub knows of a person as resources, a checker, and what a practice answers.

Everything here but `folder` is pure: resources are plain dicts, times and pseudonyms arguments.
"""
