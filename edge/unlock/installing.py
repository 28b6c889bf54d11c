"""Setting up two of three, in steps of which each leaves a database that can be opened.

The new record is written beside the old one, tried from the disk, and only then takes its place;
the plain key goes last.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.unlock import memory, pin, tang, token
from edge.unlock.errors import DoesNotOpen, Refused
from edge.unlock.opener import Opener
from edge.unlock.wrapping import (
    KEY_BYTES,
    NONCE_BYTES,
    PAIRS,
    SALT_BYTES,
    Factor,
    PinCost,
    Record,
    from_text,
    pair_name,
    to_text,
    unwrap,
    wrap,
)
from hardware.durable import flush, replace_private

LEAST_PAIRS = 2


@dataclass(slots=True)
class Installing:
    """One setting up. Choose factors, then :meth:`draft`, :meth:`attempt` and :meth:`finish`."""

    opener: Opener
    key: bytes
    _secrets: dict[Factor, bytes] = field(default_factory=dict)
    _pin: PinCost | None = None
    _tang: tuple[str, str] = ("", "")
    _opened: set[str] = field(default_factory=set)

    def use_pin(self, text: str) -> None:
        """Take a new PIN.

        :raises Refused: if it is none.
        """
        self._pin = pin.new_cost()
        self._secrets["pin"] = pin.secret_of(pin.checked(text), self._pin)

    def use_token(self, stick: Path) -> Path:
        """Write a token on a stick and return its file.

        :raises Refused: if the stick takes nothing, or lies on the hub's own card.
        """
        if stick.stat().st_dev == self.opener.record_path.parent.stat().st_dev:
            raise Refused(
                f"{stick} is on the hub's own disk",
                hint="Das ist kein Stick, sondern ein Ordner auf der Karte des Hubs.",
            )
        path, self._secrets["token"] = token.write(stick)
        return path

    def use_tang(self, url: str, thumbprint: str) -> None:
        """Bind a new secret to a key server.

        :raises FactorAbsent: if it does not answer.
        """
        secret = secrets.token_bytes(KEY_BYTES)
        self._tang = (url, tang.encrypt(secret, url, thumbprint))
        self._secrets["tang"] = secret

    def draft(self) -> None:
        """Write the new record beside the old one.

        :raises Refused: if these are too few factors for two pairs.
        """
        if len(self._secrets) < len(PAIRS):
            raise Refused(
                "two pairs need three factors",
                hint="Es braucht alle drei: Schlüsselserver, PIN und Stick. Mit nur zweien wäre "
                "nichts mehr zu öffnen, wenn eins verloren geht.",
            )
        record = wrap(
            Record(
                secrets.token_bytes(SALT_BYTES),
                pin=self._pin,
                tang_url=self._tang[0],
                tang_jwe=self._tang[1],
            ),
            self.key,
            self._secrets,
            {pair_name(*pair): secrets.token_bytes(NONCE_BYTES) for pair in PAIRS},
        )
        self._secrets.clear()  # from here on only what can be had again counts
        replace_private(self._draft, to_text(record))

    def attempt(self, ask_pin: Callable[[], str]) -> dict[str, str]:
        """Open with each pair, from the disk, the stick and the server; return why one does not.

        :raises DoesNotOpen: if the PIN is another one than before.
        """
        record = from_text(self._draft.read_text("utf-8"))
        found, _ = self.opener.present(record)
        if record.pin is not None:
            found["pin"] = pin.secret_of(pin.checked(ask_pin()), record.pin)
        said = {}
        for one, other in PAIRS:
            name = pair_name(one, other)
            if one not in found or other not in found:
                said[name] = "nicht da"
                continue
            try:
                opened = unwrap(record, {one: found[one], other: found[other]})
            except DoesNotOpen as error:
                said[name] = error.hint
            else:
                if opened == self.key:
                    self._opened.add(name)
        return said

    def finish(self, plain_key: Path | None) -> None:
        """Make the tried record the hub's, put the key into memory, remove the plain key file.

        :raises Refused: if fewer than two pairs were open.
        """
        if len(self._opened) < LEAST_PAIRS:
            raise Refused(
                f"{len(self._opened)} pairs were open",
                hint="Es müssen wenigstens zwei Paare probiert sein und öffnen. Nichts geändert.",
            )
        memory.put(self.opener.key_file, self.key)  # refuses a place on the card: before all else
        self._draft.replace(self.opener.record_path)
        flush(self.opener.record_path.parent)
        self.opener.release()
        if plain_key is not None and plain_key != self.opener.key_file:
            plain_key.unlink(missing_ok=True)
            flush(plain_key.parent)

    @property
    def _draft(self) -> Path:
        return self.opener.record_path.with_name(self.opener.record_path.name + ".draft")
