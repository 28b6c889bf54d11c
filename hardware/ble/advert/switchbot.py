"""SwitchBot: which model speaks; what it says stands in the two rooms beside this one.

The model is the first letter of the service data, or, on newer devices, a product number at
its end; from manufacturer data alone it is told by the device's name only.

Source: SwitchBot BLE open API, broadcast messages.
"""

from __future__ import annotations

from types import MappingProxyType

from hardware.ble.advert.advertisement import Advertisement
from hardware.ble.advert.sighting import Findings, Sequence, Sighting
from hardware.ble.advert.switchbot_frame import Frame, Model
from hardware.ble.advert.switchbot_home import HOME
from hardware.ble.advert.switchbot_sensors import SENSORS
from hardware.errors import DecodeError, Unsupported

FAMILY = "switchbot"
COMPANIES = (0x0969, 0x0059)  # Woan Technology; Nordic's, on the first models
SERVICES = ("fd3d", "0d00")

_MODELS: tuple[Model, ...] = (*SENSORS, *HOME)
_BY_LETTER: MappingProxyType[str, Model] = MappingProxyType(
    {letter: model for model in _MODELS for letter in model.letters}
)
_BY_PRODUCT: MappingProxyType[str, Model] = MappingProxyType(
    {product: model for model in _MODELS for product in model.products}
)
_BY_NAME: MappingProxyType[str, Model] = MappingProxyType(
    {name: model for model in _MODELS for name in model.names}
)
_LONG_SERVICE_DATA = 6  # from here on a product number may stand at the end


def matches(advert: Advertisement) -> bool:
    """Tell whether the service data is SwitchBot's, or its manufacturer data with its name."""
    if any(advert.service_data.get(uuid) for uuid in SERVICES):
        return True
    return advert.local_name in _BY_NAME and COMPANIES[0] in advert.manufacturer_data


def decode(advert: Advertisement, _key: bytes | None) -> Sighting:
    """Decode one advertisement.

    :raises Unsupported: if it comes from an appliance (light, fan, vacuum cleaner ...).
    """
    service = next((data for uuid in SERVICES if (data := advert.service_data.get(uuid))), b"")
    sent = (advert.manufacturer_data.get(company) for company in COMPANIES)
    maker = next((data for data in sent if data), b"")
    model = (_model(service) if service else None) or _BY_NAME.get(advert.local_name)
    if model is None:
        raise Unsupported(f"SwitchBot model {service[:1].hex()} is not known", offset=0)
    answer = Findings(f"switchbot_{model.name}")
    frame = Frame(service, maker)
    model.read(answer, frame)
    if not len(answer) and not answer.measurement().flags:
        raise DecodeError("the part of the advertisement that says more is missing")
    counted = Sequence(maker[6], 8) if model.counts and len(maker) > 6 else None
    if counted:
        answer.flag("sequence_number", counted.number)
    return answer.sighting(FAMILY, counted)


def _model(service: bytes) -> Model | None:
    letter = chr(service[0] & 0x7F)
    if letter in _BY_LETTER and letter != "\0":
        return _BY_LETTER[letter]
    if len(service) >= _LONG_SERVICE_DATA:
        for product in (service[-4:], service[-5:-1]):
            if product[:1] in (b"\x00", b"\x01") and product[1:].hex() in _BY_PRODUCT:
                return _BY_PRODUCT[product[1:].hex()]
    return None
