"""What every byte of a telegram says, for people who have never read the standard."""

from hardware.explain.span import Phrase, Span, Text, Tone, leaves, readings
from hardware.explain.telegram import Explained, Explanation, decode_message, explain, header_of

__all__ = [
    "Explained",
    "Explanation",
    "Phrase",
    "Span",
    "Text",
    "Tone",
    "decode_message",
    "explain",
    "header_of",
    "leaves",
    "readings",
]
