"""What can be typed after `dorfhub` on the village floor; one module a command group."""
