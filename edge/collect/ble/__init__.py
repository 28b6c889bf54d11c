"""The Bluetooth half of the collector, room by room; :mod:`edge.collect.sensors` owns the radio."""
