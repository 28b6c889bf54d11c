"""Forecasts of heat: a day's from the weather, the next 72 hours from meter and weather.

Pure: series in, forecasts with a band out. Needs numpy (extra ``heat``), which no other part of the
village floor does; so a caller imports this room when it is asked for, not before. See
docs/heat-forecast.md.
"""
