"""The heat cadastre's steps, each whole: reading tables, estimating, answering. Without Flask."""
