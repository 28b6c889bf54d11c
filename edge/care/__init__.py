"""Rules of care: who agreed to what. Pure."""
