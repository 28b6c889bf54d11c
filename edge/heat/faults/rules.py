"""All rules on one meter."""

from __future__ import annotations

import numpy as np

from edge.heat.faults.both import both
from edge.heat.faults.change_point import fit
from edge.heat.faults.fault import Fault, Kind, Unjudged, Verdict, by_size
from edge.heat.faults.limits import Limits, Said, usual
from edge.heat.faults.operation import Operation
from edge.heat.faults.return_high import return_high
from edge.heat.faults.setback import setback
from edge.heat.faults.stuck import stuck
from edge.heat.faults.summer import summer
from edge.heat.faults.swapped import swapped


def find(operation: Operation, said: Said | None = None, limits: Limits | None = None) -> Verdict:
    """Return what the rules say of a meter; the faults with most kWh first."""
    said, limits = said or Said(), limits or usual()
    signature = fit(operation)
    turned = swapped(operation, limits)
    told: dict[Kind, Fault | Unjudged | None] = {
        Kind.SWAPPED: turned,
        Kind.RETURN_HIGH: Unjudged(
            Kind.RETURN_HIGH, "Vorlauf und Rücklauf sind vertauscht: erst das berichtigen."
        )
        if isinstance(turned, Fault)
        else return_high(operation, said, limits),
        Kind.SETBACK: setback(operation, signature, limits),
        Kind.SUMMER: summer(operation, signature, said, limits),
        Kind.STUCK: stuck(operation, signature, limits),
        Kind.BOTH: both(operation, signature, said, limits),
    }
    return Verdict(
        first=operation.date_at(0),
        last=operation.date_at(-1),
        hours=int((~np.isnan(operation.heat)).sum()),
        faults=tuple(by_size([one for one in told.values() if isinstance(one, Fault)])),
        unjudged=tuple(one for one in told.values() if isinstance(one, Unjudged)),
        clear=tuple(kind for kind, one in told.items() if one is None),
    )
