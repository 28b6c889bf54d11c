"""What can be typed after `dorfhub` on the sync floor."""
