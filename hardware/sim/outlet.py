"""A characteristic through which a device's values leave, and whether somebody listens.

One that can be written as well is a control point: what is written is a request, what leaves is
the answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bumble import att
from bumble.device import Connection
from bumble.gatt import (
    GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
    Characteristic,
    CharacteristicValue,
    Descriptor,
)

_NOTIFICATIONS, _INDICATIONS = 0x01, 0x02


Requested = Callable[[Connection, bytes], Awaitable[None]]


class Outlet:
    """The characteristic with its configuration; ``on_change`` is told when that is written.

    ``requested`` makes it a control point; a request is refused unless somebody would hear the
    answer.
    """

    def __init__(
        self,
        uuid: str,
        write_permission: Characteristic.Permissions,
        on_change: Callable[[], None],
        *,
        indicate: bool,
        requested: Requested | None = None,
    ) -> None:
        self.indicate = indicate
        self.subscribed = False
        self._on_change = on_change
        self._requested = requested
        properties = Characteristic.Properties
        able = properties.INDICATE if indicate else properties.NOTIFY
        self.characteristic = Characteristic(
            uuid,
            able if requested is None else able | properties.WRITE,
            Characteristic.Permissions(0) if requested is None else write_permission,
            b"" if requested is None else CharacteristicValue(write=self._request),
            [
                Descriptor(
                    GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
                    Characteristic.Permissions.READABLE | write_permission,
                    CharacteristicValue(read=self._read, write=self._write),
                )
            ],
        )

    def pdu(self, value: bytes) -> bytes:
        """Return the bare PDU, for a device that does not wait for what becomes of it."""
        make = (
            att.ATT_Handle_Value_Indication if self.indicate else att.ATT_Handle_Value_Notification
        )
        return bytes(make(attribute_handle=self.characteristic.handle, attribute_value=value))

    async def _request(self, connection: Connection, value: bytes) -> None:
        if self._requested is None or not self.subscribed:
            raise att.ATT_Error(att.ErrorCode.CCCD_IMPROPERLY_CONFIGURED)
        await self._requested(connection, value)

    @property
    def _bit(self) -> int:
        return _INDICATIONS if self.indicate else _NOTIFICATIONS

    def _read(self, _: Connection) -> bytes:
        return bytes((self._bit if self.subscribed else 0, 0))

    def _write(self, _: Connection, value: bytes) -> None:
        if len(value) != 2:
            raise att.ATT_Error(att.ErrorCode.INVALID_ATTRIBUTE_LENGTH)
        self.subscribed = bool(value[0] & self._bit)
        self._on_change()
