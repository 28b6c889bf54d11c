"""Faults in how a building's heat is run that cost energy: found in what a meter says.

Pure: hours of a meter in, faults with kWh, band and evidence out. ``fault``, ``limits``, ``said``,
``words`` and ``drawing`` need no numpy, so that pages may use them; the rules do (extra ``heat``).
See docs/heat-faults.md for each formula, unit and source.
"""
