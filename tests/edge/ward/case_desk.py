"""A hub with somebody to ask about, a practice, and the practice's own keys."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

from edge.care import case, case_letter
from edge.care.case_consent import KIND, PURPOSE
from edge.care.case_key import KeyPair, new_pair, read_address
from edge.care.consent import BLOOD_PRESSURE, CARE, HUB
from edge.care.people import ContactRole
from edge.clock import FixedClock
from edge.desk.vault import Vault
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow
from edge.ward.case import Consultation
from hardware.reading import TimeQuality

NOON = 1_790_000_000_000
ERNA, QUESTION = "Erna Kanarienvogel", "Die Stelle am Knöchel ist röter. Was tun?"
SYSTOLIC = 133.1372


@dataclass
class CaseDesk:
    """``erna`` agreed that ``doctor`` may be asked and may read her blood pressure."""

    folder: Path
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    practice: KeyPair = field(default_factory=lambda: new_pair(b"p" * 32))

    def __post_init__(self) -> None:
        self.key_file = self.folder / "personal.key"
        if not self.key_file.exists():
            self.key_file.write_text("5a" * 32)
        self.vault = Vault(self.folder / "personal.db", self.key_file)
        self.desk = Consultation(self.vault, self.clock, "Holzheim")
        with self.open() as personal:
            self.erna = personal.add_person(ERNA, NOON)
            self.doctor = personal.add_contact("Praxis Dr. Grün", ContactRole.PRACTICE, NOON)
            self.nurse = personal.add_contact("Anna", ContactRole.NURSE, NOON)
            personal.add_care_round(
                [
                    CareRow(NOON - 1000, "ble:1", self.erna, TimeQuality.SYNCHRONISED, NOON, 1,
                            systolic_mmhg=SYSTOLIC)
                ]
            )  # fmt: skip
        for purpose, kind, recipient in (
            (CARE, BLOOD_PRESSURE, HUB),
            (CARE, BLOOD_PRESSURE, f"contact:{self.doctor}"),
            (PURPOSE, KIND, f"contact:{self.doctor}"),
        ):
            self.agree(purpose, kind, recipient)
        self.desk.note_practice(self.doctor, str(self.practice.address), compared=True)

    def open(self) -> PersonalStore:
        return PersonalStore.open(self.vault._path, self.key_file)

    def agree(self, purpose: str, kind: str, recipient: str) -> None:
        with self.open() as personal:
            personal.give_consent(
                self.erna, purpose=purpose, data_kind=kind, sentence="Ja.", given_how="", at=NOON,
                recipient=recipient,
            )  # fmt: skip

    def withdraw(self, **what: str) -> None:
        with self.open() as personal:
            personal.withdraw_consent(self.erna, NOON + 1, **what)

    def draft(self, question: str = QUESTION) -> int:
        return self.desk.draft(
            self.erna, self.doctor, about="E. K., 84", question=question, kinds=[BLOOD_PRESSURE],
            days=7,
        )  # fmt: skip

    def seal(self, number: int) -> None:
        self.desk.seal(number, self.desk.opened(number).case.changed_at)

    def read(self, packet: bytes) -> case.Case:
        """Open a packet as the practice does."""
        _, parts = case_letter.unpack(packet)
        letter = case_letter.gather([case_letter.open_part(one, self.practice) for one in parts])
        assert isinstance(letter, case.Case)
        return letter

    def answer(self, asked: case.Case, text: str = "Kühlen.", by: KeyPair | None = None) -> bytes:
        """Return the packet of an answer."""
        made = case.Answer(asked.id, text.encode().ljust(16)[:16], NOON, "Praxis", text)
        return self.back(asked, made, by)

    def receipt(self, asked: case.Case) -> bytes:
        return self.back(asked, case.Receipt(asked.id, NOON, "Praxis"))

    def back(self, asked: case.Case, letter: case.Letter, by: KeyPair | None = None) -> bytes:
        to = read_address(asked.reply_to)
        parts = case_letter.seal(case.encode(letter), asked.id, by or self.practice, to)
        return case_letter.pack(to.recipient, parts)


def picture(size: tuple[int, int] = (60, 40), kind: str = "JPEG") -> bytes:
    """Return a picture that says where it was taken."""
    from PIL import Image  # noqa: PLC0415

    exif = Image.Exif()
    exif[0x010E] = "Kanarienweg 7"
    exif[0x0112] = 6  # on its side
    exif.get_ifd(0x8825)[2] = (50.0, 35.0, 2.4)
    out = io.BytesIO()
    Image.new("RGB", size, (180, 60, 60)).save(out, kind, exif=exif, comment=b"Kanarienweg 7")
    return out.getvalue()
