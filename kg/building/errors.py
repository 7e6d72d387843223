"""The errors of building a graph.

ThenceError
└── GraphError
    └── BuildError                 a source, a mapping, or how they fit together
        └── MappingError           a mapping says what cannot be; names the file and, where known, the line
"""

from pathlib import Path
from typing import Self

from kg.errors import GraphError


class BuildError(GraphError):
    """Something about what a graph is to be built from."""


class MappingError(BuildError):
    """A mapping cannot be read, or does not fit its tables."""

    @classmethod
    def at(cls, mapping: Path, line: int | None, message: str) -> Self:
        """Return the error with the place in front of its message."""
        return cls(f"{mapping}{f', line {line}' if line else ''}: {message}")
