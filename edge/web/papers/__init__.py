"""Pages of what is printed, of certificates, and of whether one is genuine."""
