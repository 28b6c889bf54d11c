"""MiBeacon's buttons, dials and cubes: one object, many meanings by product.

Source: Mi BLE object definition, 0x1001 (button event); MIoT-spec based event types.
"""

from __future__ import annotations

from collections.abc import Callable

from hardware.ble.advert.sighting import Findings
from hardware.errors import DecodeError
from hardware.reading import ButtonPress

_PRESSES = {
    0: ButtonPress.PRESS,
    1: ButtonPress.DOUBLE_PRESS,
    2: ButtonPress.LONG_PRESS,
    5: ButtonPress.PRESS,
    6: ButtonPress.LONG_PRESS,
}
# The wall switches of the K9B series count the other way round.
_SWITCH_PRESSES = {
    0: ButtonPress.PRESS,
    1: ButtonPress.LONG_PRESS,
    2: ButtonPress.DOUBLE_PRESS,
}
_SINGLE = {"RTCGQ02LM", "YLAI003", "JTYJGD03MI", "SJWS01LM"}
_SWITCHES: dict[str, tuple[tuple[str, ...], ...]] = {
    "K9B-1BTN": (("button",),),
    "K9B-2BTN": (("button_left",), ("button_right",), ("button_left", "button_right")),
    "K9B-3BTN": (
        ("button_left",),
        ("button_middle",),
        ("button_right",),
        ("button_left", "button_middle"),
        ("button_middle", "button_right"),
        ("button_left", "button_right"),
        ("button_left", "button_middle", "button_right"),
    ),
}
_REMOTES: dict[str, tuple[str, ...]] = {
    "YLYK01YL": ("on", "off", "brightness", "plus", "M", "min"),
    "YLYK01YL-FANCL": (
        "fan",
        "light",
        "wind_speed",
        "color_temperature",
        "wind_mode",
        "brightness",
    ),
    "YLYK01YL-VENFAN": (
        "swing",
        "power",
        "timer_60_minutes",
        "increase_wind_speed",
        "timer_30_minutes",
        "decrease_wind_speed",
    ),
    "YLYB01YL-BHFRC": (
        "stop",
        "air_exchange",
        "fan",
        "increase_speed",
        "decrease_speed",
        "dry",
        "light",
        "swing",
        "heat",
    ),
}
_DIAL = "YLKG07YL"
_CUBE = "XMMF01JQD"
_CUBE_TURNS = ("rotate_right", "rotate_left")
_ONE_OF_FOUR = {1: "left", 2: "mid_left", 3: "mid_right", 4: "right"}


def _button_1001(answer: Findings, data: bytes, model: str) -> None:
    """Read button, value and kind of press."""
    if len(data) != 3:
        raise DecodeError(f"a button event of {len(data)} bytes")
    button, value, kind = data
    if model == _DIAL:
        _dial(answer, button, value, kind)
    elif model == _CUBE and button < len(_CUBE_TURNS):
        answer.flag("cube", _CUBE_TURNS[button])
    elif model in _SINGLE and kind in _PRESSES:
        answer.press(_PRESSES[kind])
    elif model in _SWITCHES and button < len(_SWITCHES[model]) and kind in _SWITCH_PRESSES:
        for name in _SWITCHES[model][button]:
            answer.press(_SWITCH_PRESSES[kind], name)
    elif model in _REMOTES and button < len(_REMOTES[model]) and kind in _PRESSES:
        name = _REMOTES[model][button]
        answer.press(_PRESSES[kind], f"button_{name}")
        if model == "YLYK01YL" and name in ("on", "off"):
            answer.flag("power", name == "on")
    else:
        answer.flag("button", "reserved")


def _dial(answer: Findings, button: int, value: int, kind: int) -> None:
    """Read a dial that is pressed, or turned left or right, or turned while it is pressed."""
    if kind == 3 and button == 0:
        answer.press(ButtonPress.PRESS)
        answer.flag("number_of_presses", value)
    elif kind == 3 and button == 1:
        answer.press(ButtonPress.LONG_PRESS)
        answer.flag("press_duration_s", value)
    elif kind == 4:
        steps, pressed = (value, "") if button == 0 else (button, "_pressed")
        left = steps > 0x7F
        answer.flag("dimmer", f"rotate_{'left' if left else 'right'}{pressed}")
        answer.flag("dimmer_steps", 0x100 - steps if left else steps)
    else:
        answer.flag("button", "reserved")


Reader = Callable[[Findings, bytes, str], None]
_Names = dict[str, dict[int, tuple[str, ...]]]


def _event(press: ButtonPress, names: _Names) -> Reader:
    """Return the reader of an event type that is one kind of press.

    ``names`` are the buttons by model and value; a model that is not there has one button.
    """

    def read(answer: Findings, data: bytes, model: str) -> None:
        if len(data) > 1:
            raise DecodeError(f"a button event of {len(data)} bytes")
        by_value = names.get(model)
        if by_value is None:
            answer.press(press)
            return
        for name in by_value.get(data[0] if data else -1, ()):
            answer.press(press, name)

    return read


_LEFT_RIGHT: _Names = {
    "XMWS01XS": {0: ("button_left",), 1: ("button_right",)},
    "XMWXKG01YL": {
        1: ("button_left",),
        2: ("button_right",),
        3: ("button_left", "button_right"),
    },
}
_QUAD: dict[int, tuple[str, ...]] = {
    value: (f"button_{name}",) for value, name in _ONE_OF_FOUR.items()
}
_QUADS: _Names = {"KS1": _QUAD, "KS1BP": _QUAD}
_K9BB = {1: ButtonPress.PRESS, 8: ButtonPress.LONG_PRESS, 15: ButtonPress.DOUBLE_PRESS}


def _press_4e0c(answer: Findings, data: bytes, model: str) -> None:
    if model != "K9BB-1BTN":
        _event(ButtonPress.PRESS, _LEFT_RIGHT)(answer, data, model)
    elif len(data) != 1:
        raise DecodeError(f"a button event of {len(data)} bytes")
    elif data[0] in _K9BB:
        answer.press(_K9BB[data[0]])


def _press_4a13(answer: Findings, data: bytes, _model: str) -> None:
    if len(data) != 1:
        raise DecodeError(f"a button event of {len(data)} bytes")
    if data[0] == 1:
        answer.press(ButtonPress.PRESS)


BUTTONS: dict[int, Reader] = {
    0x1001: _button_1001,
    0x4A0C: _event(ButtonPress.PRESS, _LEFT_RIGHT),
    0x4A0D: _event(ButtonPress.DOUBLE_PRESS, _LEFT_RIGHT),
    0x4A0E: _event(ButtonPress.LONG_PRESS, _LEFT_RIGHT),
    0x4A13: _press_4a13,
    0x4E0C: _press_4e0c,
    0x4E0D: _event(ButtonPress.DOUBLE_PRESS, _LEFT_RIGHT),
    0x4E0E: _event(ButtonPress.LONG_PRESS, _LEFT_RIGHT),
    0x560C: _event(ButtonPress.PRESS, _QUADS),
    0x560D: _event(ButtonPress.DOUBLE_PRESS, _QUADS),
    0x560E: _event(ButtonPress.LONG_PRESS, _QUADS),
}
