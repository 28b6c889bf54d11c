"""Rules of care: from values to findings. Pure: the same events give the same findings.

`ruleset`: what holds for everybody, as TOML; `plan`: what holds for one person; `event`: what
happens; `engine`: one event after the other.
"""
