"""JSON schemas of what a model may say: objects with all of some fields and no others."""

from collections.abc import Mapping, Sequence
from typing import Any


def closed_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object with exactly these properties, in this order."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def any_of(schemas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of what one of some schemas admits; a single one stands for itself."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": [*schemas]}
