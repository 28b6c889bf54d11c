"""What every byte of a telegram says, for people who have never read the standard."""

from hardware.explain.render import as_spans, lines
from hardware.explain.skeleton import skeleton
from hardware.explain.span import Phrase, Span, Text, Tone, leaves, phrase, readings
from hardware.explain.telegram import Explained, Explanation, explain
from hardware.explain.words import Language, say

__all__ = [
    "Explained",
    "Explanation",
    "Language",
    "Phrase",
    "Span",
    "Text",
    "Tone",
    "as_spans",
    "explain",
    "leaves",
    "lines",
    "phrase",
    "readings",
    "say",
    "skeleton",
]
