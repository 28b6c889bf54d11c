"""GATT health profiles: characteristic values to records."""
