"""Accounts in the furnished village, and what the visits of their pages keep."""

from __future__ import annotations

import json
from dataclasses import asdict

from edge.access.code import code_hash, read_code
from edge.access.office import Issued
from edge.config import Config
from edge.desk.vault import Vault
from edge.store.setup import create
from edge.store.village import VillageStore

NOW_MS = 1_795_447_440_000
FIRST_CODE = "AF3-K9M-2RX-7UJ"
PAGES = {
    "anmelden": "/anmelden",
    "anmelden-passwort": "/anmelden/passwort?ziel=/geraete",
    "anmelden-bilder": "/anmelden/bilder",
    "einrichten": "/einrichten",
    "mein-zugang": "/pult/mein",
    "neue-bilder": "/pult/mein/bilder",
    "zugaenge": "/pult/zugaenge",
    "zugang": "/pult/zugaenge/1",
    "ausgabe": "/pult/zugaenge/ausgabe",
}
_ISSUED = Issued(1, "Amsel", "DHA1-" + "0123456789ABCDEF" * 2, "AF3-K9M-2RX-7UJ")
KEPT = {
    "/anmelden/bilder": {"anmeldename": ("Amsel",), "bilder": ("apfel",)},
    "/pult/zugaenge/ausgabe": {"ausgabe": (json.dumps(asdict(_ISSUED)),)},
}


def furnish_access(config: Config, now_ms: int) -> None:  # noqa: ARG001 - as its neighbours
    """Give two people accounts, block one, and lay a first code out."""
    create(config)
    with VillageStore(config.hub.village_db) as village:
        number = village.add_account("Amsel", "amsel", ("administrator",), b"a" * 32, NOW_MS)
        village.set_password(number, "none", is_start=False)
        village.note_sign_in(number, None, NOW_MS - NOW_MS % 86_400_000, NOW_MS)
        number = village.add_account("Birke", "birke", ("volunteer", "carer"), None, NOW_MS)
        village.block(number, NOW_MS)
        code = read_code(FIRST_CODE)
        assert code is not None
        village.put_first_code(code_hash(code), NOW_MS - 1, NOW_MS + 10**9)
    with Vault.of(config) as vault, vault.open() as personal:
        personal.name_account(1, "Erika Mustermann", NOW_MS + 10**10)
        personal.name_account(2, "Şükrü Öztürk-Weiß", NOW_MS + 10**10)
