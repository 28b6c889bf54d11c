"""What a glucose value was measured in: fluid and place of the sample, one byte.

Source: GATT Specification Supplement, Glucose Measurement (Type-Sample Location), CGM Feature.
"""

from __future__ import annotations

from hardware.ble.answer import Answer, coded

CONTROL_SOLUTION_TYPE, CONTROL_SOLUTION_LOCATION = 0xA, 0x4

TYPES = coded(
    (
        "capillary_whole_blood",
        "capillary_plasma",
        "venous_whole_blood",
        "venous_plasma",
        "arterial_whole_blood",
        "arterial_plasma",
        "undetermined_whole_blood",
        "undetermined_plasma",
        "interstitial_fluid",
        "control_solution",
    ),
    first=1,
)
LOCATIONS = coded(
    ("finger", "alternate_site", "earlobe", "control_solution", "subcutaneous_tissue"), first=1
) | {0xF: "not_available"}


def add_sample(answer: Answer, byte: int) -> None:
    """Add ``type`` and ``sample_location``; a control solution's value is no person's."""
    kind, place = byte & 0x0F, byte >> 4
    answer.choice("type", kind, TYPES)
    answer.choice("sample_location", place, LOCATIONS)
    if kind == CONTROL_SOLUTION_TYPE or place == CONTROL_SOLUTION_LOCATION:
        answer.set_aside()
