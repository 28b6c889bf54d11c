"""What the coming heating season is likely to need, and what is known of it half way. Pure."""
