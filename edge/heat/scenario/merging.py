"""Rows that too few buildings have part in are put together, none is left out.

So all rows add up to the whole, and none is that of fewer than five buildings.
"""

from __future__ import annotations

import numpy as np

from edge.heat.building import FEW_UNITS
from edge.heat.prior import Flags, Floats


def merged(takes: Flags, sizes: Floats) -> list[list[int]]:
    """Return the rows' indices in groups that at least five buildings have part in.

    ``takes``: which building has part in which row, by row and building. ``sizes``: the rows' sums,
    the larger first in the answer. Rows that nobody has part in are left out. What is too small is
    put together; if that is still too small, the smallest other row goes in too.
    """
    order = [int(row) for row in np.argsort(-sizes, kind="stable") if takes[row].any()]
    groups = [[row] for row in order if takes[row].sum() >= FEW_UNITS]
    small = [row for row in order if takes[row].sum() < FEW_UNITS]
    while small and groups and takes[small].any(axis=0).sum() < FEW_UNITS:
        small = groups.pop() + small
    return [*groups, small] if small else groups
