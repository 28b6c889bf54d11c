"""What roles are called on the pages."""

from __future__ import annotations

from edge.access.role import Role

ROLE_WORDS = {
    Role.VOLUNTEER: "Hilft im Haus",
    Role.CARER: "Pflege",
    Role.OFFICIAL: "Landkreis",
    Role.ADMINISTRATOR: "Verwaltung",
}
# what each may, for who gives accounts
ROLE_HINTS = {
    Role.VOLUNTEER: "Kurse, Listen, Ausleihe, Dienste, Geräte",
    Role.CARER: "was Sensoren von Menschen sagen, die eingewilligt haben",
    Role.OFFICIAL: "Berichte und Zustand des Hubs",
    Role.ADMINISTRATOR: "alles, was Helfende dürfen, und Zugänge geben und sperren",
}
