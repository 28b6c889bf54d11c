"""The heat cadastre and its forecasts: what heat is, will be, and may be told. Pure."""
