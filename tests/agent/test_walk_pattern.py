"""The regular expression of a set of relation paths matches these and nothing else."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.questions import PathPlanner
from agent.walk_pattern import walk_pattern
from kg.snapshot import Snapshot
from kg.types import Iri

STEPS = st.sampled_from(["a", "^a", "b", "^b", "ab", "a_b"])
PATHS = st.lists(STEPS, min_size=1, max_size=3).map("/".join)


@pytest.mark.slow
@given(st.sets(PATHS, min_size=1, max_size=30), PATHS)
@example({"a", "a/b"}, "a/b/b")
def test_it_matches_the_paths_and_nothing_else(paths: set[str], other: str) -> None:
    pattern = walk_pattern(paths)
    assert all(re.fullmatch(pattern, one) for one in paths)
    assert bool(re.fullmatch(pattern, other)) == (other in paths)
    for one in paths:
        for changed in (f"{one}/", f"/{one}", one.replace("a", "A"), f" {one}", ""):
            assert bool(re.fullmatch(pattern, changed)) == (changed in paths)


def test_it_is_much_shorter_than_all_the_paths_that_it_allows(tiny: Snapshot) -> None:
    planner = PathPlanner(tiny)
    walks = planner.walks(Iri(tiny.items[0]))
    assert len(walks) > 20
    assert len(planner.pattern(walks)) < 0.6 * sum(map(len, walks))
    assert planner.pattern(frozenset()) == "^(is|-)$"
