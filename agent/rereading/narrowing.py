"""Fields that are left fewer values, and the words that relations are asked for by."""

import re
from collections.abc import Set
from dataclasses import replace

from agent.interpretation import Walked
from agent.questions import UNWANTED
from agent.walk_pattern import walk_pattern
from kg.asking import nouns_of
from kg.manifest import Manifest


def held_to(field: Walked, walks: Set[str], *, wanted: bool = True) -> Walked:
    """Return a field that has to be one of some walks; of a single one nothing is open.

    Args:
        field: What a plan may say of a name.
        walks: At least one.
        wanted: Whether the ends are what is asked for, or what is left out.
    """
    start = "" if wanted else UNWANTED
    first = f"{start}{min(walks, key=lambda walk: (walk.count('/'), walk))}"
    return replace(
        field, first=first, pattern=f"^{start}{walk_pattern(walks)}$", walks=frozenset(walks), is_open=len(walks) > 1
    )


def noun_pattern(manifest: Manifest, relation: str) -> str:
    """Return a pattern of the nouns by which one asks for what a relation leads to."""
    return "|".join(map(re.escape, sorted(nouns_of(manifest, relation), key=len, reverse=True)))
