"""A recorded Bluetooth adapter: what passed between it and its host, read without one."""
