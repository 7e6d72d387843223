"""From a question's words to relation paths, on the bookshop with the cues that a manifest written by hand has."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.questions import MAX_HOPS, NEAR, PathPlanner, RankedPath
from agent.reading import Reader
from kg.snapshot import Snapshot
from kg.types import Iri

SHOP = "http://shop.example/"
CUES: Mapping[str, tuple[str, ...]] = {
    "author": ("author", "authors", "wrote", "written", "write"),
    "genre": ("genre", "genres", "kind"),
    "publisher": ("publisher", "publishers", "published"),
    "influence": ("influenced", "influence"),
    "year": ("year", "years", "when"),
}


@pytest.fixture(scope="module")
def shop(tiny: Snapshot) -> Snapshot:
    relations = {
        name: relation.model_copy(update={"cues": CUES[name]}) for name, relation in tiny.manifest.relations.items()
    }
    return replace(tiny, manifest=tiny.manifest.model_copy(update={"relations": relations}))


@pytest.fixture(scope="module")
def planner(shop: Snapshot) -> PathPlanner:
    return PathPlanner(shop)


def planned(shop: Snapshot, planner: PathPlanner, question: str) -> list[RankedPath]:
    reading = Reader(shop).read(question)
    return planner.plan(reading.names[0].iri, reading)


def answers(snapshot: Snapshot, topic: str, path: RankedPath) -> set[str]:
    """Walk a path over the triples of the graph."""
    reached = {topic}
    for step in path.steps:
        predicate = snapshot.manifest.relations[step.relation].iri
        found = list(snapshot.store.triples(predicate=predicate))
        reached = (
            {triple.object for triple in found if triple.subject in reached}
            if step.direction == "forward"
            else {triple.subject for triple in found if triple.object in reached}
        )
    return reached - {topic}


@pytest.mark.parametrize(
    ("question", "path", "expected"),
    [
        ("Who wrote Dracula?", "author", {"person/stoker"}),
        ("What is the genre of The Trial?", "genre", {"genre/absurdist"}),
        ("Which books did Mary Shelley write?", "^author", {"book/frankenstein", "book/last_man"}),
        ("What year is Dracula from?", "year", {"1897"}),
        ("Who influenced Bram Stoker?", "influence", {"person/shelley"}),
        ("Which books were written by the author of Emma?", "author/^author", {"book/persuasion"}),
        ("Which authors wrote horror?", "^genre/author", {"person/stoker", "person/shelley"}),
        ("Which books have the same genre as The Castle?", "genre/^genre", {"book/trial"}),
        ("Who published the books of Jane Austen?", "^author/publisher", {"house/murray"}),
        ("What genres do books written by Mary Shelley have?", "^author/genre", {"genre/horror", "genre/scifi"}),
        ("Who influenced the author of Dracula?", "author/influence", {"person/shelley"}),
        (
            "Which books are written by authors influenced by Mary Shelley?",
            "^influence/^author",
            {"book/dracula", "book/worlds"},
        ),
        (
            "Which books did the author that influenced the author of Dracula write?",
            "author/influence/^author",
            {"book/frankenstein", "book/last_man"},
        ),
        (
            "What genres have the books by the author of Dracula and other books written by that author?",
            "author/^author/genre",
            {"genre/horror"},
        ),
    ],
)
def test_the_right_path_is_among_the_choices(
    shop: Snapshot, planner: PathPlanner, question: str, path: str, expected: set[str]
) -> None:
    paths = {one.text: one for one in planned(shop, planner, question)}
    assert path in paths
    topic = Reader(shop).read(question).names[0].iri
    assert {answer.removeprefix(SHOP) for answer in answers(shop, topic, paths[path])} == expected


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("Who wrote Dracula?", "author"),
        ("Which books did Mary Shelley write?", "^author"),
        ("Which books were written by the author of Emma?", "author/^author"),
        ("Which authors wrote horror?", "^genre/author"),
        ("What year is Dracula from?", "year"),
        ("What is the genre of The Trial?", "genre"),
        ("When was Emma written?", "year"),
    ],
)
def test_the_right_path_comes_first(shop: Snapshot, planner: PathPlanner, question: str, path: str) -> None:
    assert planned(shop, planner, question)[0].text == path


def test_a_topic_without_facts_has_no_paths(shop: Snapshot, planner: PathPlanner) -> None:
    reading = Reader(shop).read("Who wrote it?")
    assert planner.plan(Iri(SHOP + "book/ulysses"), reading) == []


@settings(deadline=None, max_examples=60)
@given(
    topic=st.sampled_from(["book/emma", "person/kafka", "genre/scifi", "house/murray", "book/absent"]),
    words=st.lists(
        st.sampled_from([*(cue for cues in CUES.values() for cue in cues), "who", "which books", "when", "same", "of"]),
        max_size=8,
    ),
)
def test_choices_are_few_walkable_and_near_the_best(
    shop: Snapshot, planner: PathPlanner, topic: str, words: list[str]
) -> None:
    reading = Reader(shop).read(" ".join(words))
    paths = planner.plan(Iri(SHOP + topic), reading)
    assert bool(paths) is (topic != "book/absent")
    assert len({path.text for path in paths}) == len(paths) <= 6
    assert [path.fit for path in paths] == sorted((path.fit for path in paths), reverse=True)
    for path in paths:
        assert 1 <= len(path.steps) <= MAX_HOPS
        assert path.fit >= paths[0].fit - NEAR
        assert answers(shop, SHOP + topic, replace(path, steps=path.steps[:1]))
    assert planner.plan(Iri(SHOP + topic), reading) == paths
