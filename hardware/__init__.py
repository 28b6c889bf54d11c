"""Floor 1: bytes from meters and sensors become readings."""
