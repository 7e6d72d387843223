"""What code can read in a request by itself: names, negations, numbers, relations that are hinted at, and the rest."""

from agent.reading.reader import Reader
from agent.reading.request import Kind, Name, Reading

__all__ = ["Kind", "Name", "Reader", "Reading"]
