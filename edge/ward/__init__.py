"""What the pages of care call: round, client, alerts, handover. No Flask here."""
