"""The errors of building a graph.

ThenceError
└── GraphError
    └── BuildError                 a source, a mapping, or how they fit together
        └── MappingError           a mapping says what cannot be; names the file and, where known, the line
"""

from pathlib import Path

from kg.errors import GraphError


class BuildError(GraphError):
    """Something about what a graph is to be built from."""


class MappingError(BuildError):
    """A mapping cannot be read, or does not fit its tables."""

    def __init__(self, mapping: Path, line: int | None, message: str) -> None:
        super().__init__(f"{mapping}{f', line {line}' if line else ''}: {message}")
