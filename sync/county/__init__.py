"""The county hub: pull, verify, ledger, lake."""
