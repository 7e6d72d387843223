"""From a question's words to relation paths, on the bookshop with the cues that a manifest written by hand has."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.fitting import AskedFit
from agent.questions import MAX_HOPS, NEAR, PathPlanner, RankedPath
from agent.reading import Reader, Reading
from kg.manifest import Asked
from kg.snapshot import Snapshot
from kg.types import Iri, Step
from tests.tools.test_plans import step
from tools.plans import CHECK, FEWER, MORE, Leg, Plan, PlanRunner

SHOP = "http://shop.example/"
CUES: Mapping[str, tuple[str, ...]] = {
    "author": ("author", "authors", "wrote", "written", "write"),
    "genre": ("genre", "genres", "kind"),
    "publisher": ("publisher", "publishers", "published"),
    "influence": ("influenced", "influence"),
    "year": ("year", "years", "when"),
}


ASKED = {
    "year": Asked(
        more=("newer",), most=("newest",), less=("older",), least=("oldest",), beyond=("after",), short=("before",)
    ),
    "genre": Asked(nouns=("kind",)),
}


@pytest.fixture(scope="module")
def shop(tiny: Snapshot) -> Snapshot:
    relations = {
        name: relation.model_copy(update={"cues": CUES[name], "asked": ASKED.get(name, Asked())})
        for name, relation in tiny.manifest.relations.items()
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
    for one in path.steps:
        predicate = snapshot.manifest.relations[one.relation].iri
        found = list(snapshot.store.triples(predicate=predicate))
        reached = (
            {triple.object for triple in found if triple.subject in reached}
            if one.direction == "forward"
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
        ("What did Mary Shelley write?", "^author"),
        ("How many books did Mary Shelley write?", "^author"),
        ("The books written by the author of Emma were published by who?", "author/^author/publisher"),
        ("The books written by the author of Emma are of which genres?", "author/^author/genre"),
        ("Who published the books that share a genre with Emma?", "genre/^genre/publisher"),
        ("What kinds are the books written by the author of Dracula?", "author/^author/genre"),
        ("When did the books appear that share a genre with Dracula?", "genre/^genre/year"),
        ("Which author wrote Dracula?", "author"),
        ("Who wrote the books published by the Emma publisher?", "publisher/^publisher/author"),
    ],
)
def test_the_right_path_comes_first(shop: Snapshot, planner: PathPlanner, question: str, path: str) -> None:
    assert planned(shop, planner, question)[0].text == path


def test_a_topic_without_facts_has_no_paths(shop: Snapshot, planner: PathPlanner) -> None:
    reading = Reader(shop).read("Who wrote it?")
    assert planner.plan(Iri(SHOP + "book/ulysses"), reading) == []


@pytest.mark.slow
@settings(max_examples=60)
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
        is_named = len(path.steps) == 1 and path.steps[0].relation in reading.cues  # what is not there may be asked for
        assert is_named or answers(shop, SHOP + topic, replace(path, steps=path.steps[:1]))
    assert planner.plan(Iri(SHOP + topic), reading) == paths


def taken(shop: Snapshot, planner: PathPlanner, question: str) -> tuple[dict[str, str], Reading]:
    reading = Reader(shop).read(question)
    return planner.first(reading), reading


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who wrote Dracula?", {"do": "list", "m1": "author"}),
        ("Which is newer, Emma or Dracula?", {"do": "most year", "m1": "is", "m2": "is"}),
        ("Is Emma older than Dracula?", {"do": "least year", "m1": "is", "m2": "is"}),
        ("Which books by Kafka are newer than 1920?", {"do": "list", "m1": "^author"}),
        ("Did Emma come out before Dracula?", {"do": "least year", "m1": "is", "m2": "is"}),
        ("Was Emma published after Dracula?", {"do": "most year", "m1": "is", "m2": "is"}),
        ("Which of Emma and Dracula is newer?", {"do": "most year", "m1": "is", "m2": "is"}),
        ("Is Dracula older than Zorblax?", {"do": "least year", "m1": "is"}),
        ("Which books did Kafka write before Dracula?", {"do": "list", "m1": "^author", "m2": "-"}),
        ("Which horror books did Bram Stoker write after 1890?", {"do": "list", "m1": "-", "m2": "^author"}),
        ("Which is the newest book by Kafka?", {"do": "most year", "m1": "^author"}),
        ("Who wrote Dracula and who wrote Emma?", {"do": "list", "m1": "author", "m2": "-"}),
        ("Who wrote Zorblax?", {"do": "list"}),
        ("Who wrote more books, Mary Shelley or Bram Stoker?", {"do": "more", "m1": "^author", "m2": "^author"}),
        ("Franz Kafka vs Bram Stoker: who has fewer books", {"do": "fewer", "m1": "^author", "m2": "^author"}),
        (
            "Which has the most genres, Dracula, Frankenstein or The Trial?",
            {"do": "more", "m1": "genre", "m2": "genre", "m3": "genre"},
        ),
        ("What are the most famous books by Mary Shelley or Bram Stoker?", {"do": "list", "m1": "^author", "m2": "-"}),
        ("Which is bigger, Dracula or Frankenstein?", {"do": "list", "m1": "author", "m2": "-"}),
        ("Which books by Mary Shelley or Bram Stoker are there?", {"do": "list", "m1": "^author", "m2": "-"}),
        ("Did Kafka write more than The Trial?", {"do": "check", "m1": "is", "m2": "author"}),
        ("Who wrote The Last Man?", {"do": "list", "m1": "author"}),  # a word of a name asks for nothing
    ],
)
def test_what_the_rules_take_a_question_to_mean(
    shop: Snapshot, planner: PathPlanner, question: str, expected: dict[str, str]
) -> None:
    assert taken(shop, planner, question)[0] == expected


@pytest.mark.parametrize(
    "question",
    [
        "Are there any more books by Mary Shelley or Bram Stoker?",
        "Which genres have at least one book by Mary Shelley or Bram Stoker?",
        "Who has more than one book by Mary Shelley or Bram Stoker?",
        "Which of Dracula or Frankenstein is bigger?",
    ],
)
def test_what_compares_no_numbers_is_no_count(shop: Snapshot, planner: PathPlanner, question: str) -> None:
    assert taken(shop, planner, question)[0]["do"] not in {MORE, FEWER}


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("Did Mary Shelley write Frankenstein?", True),
        ("Did Mary Shelley write Dracula?", False),
        ("Is Horror the genre of Dracula?", True),
        ("Is Horror the genre of The Trial?", False),
        ("Is Dracula horror?", True),  # no word says by which relation
        ("Is The Trial horror?", False),
    ],
)
def test_a_question_for_yes_or_no_is_checked_by_rules(
    shop: Snapshot, planner: PathPlanner, question: str, verdict: bool
) -> None:
    said, reading = taken(shop, planner, question)
    assert said.pop("do") == CHECK
    iris = {name.id: name.iri for name in reading.names}
    (walk,) = [(iris[name], path) for name, path in said.items() if path != "is"]
    things = tuple(iris[name] for name, path in said.items() if path == "is")
    plan = Plan((Leg(walk[0], tuple(map(step, walk[1].split("/")))),), things, CHECK)
    assert PlanRunner(shop).run(plan).verdict is verdict


@pytest.mark.parametrize(
    ("question", "do"),
    [
        ("How many books did Mary Shelley write?", "count"),
        ("What is the number of books by Mary Shelley?", "count"),
        ("What is the newest book written by Franz Kafka?", "most year"),
        ("Which of the books of Franz Kafka is the oldest?", "least year"),
        ("Did Franz Kafka write?", "list"),  # one name alone has nothing to be held up against
        ("Which books did Franz Kafka write?", "list"),
    ],
)
def test_words_say_what_a_question_wants(shop: Snapshot, planner: PathPlanner, question: str, do: str) -> None:
    assert taken(shop, planner, question)[0]["do"] == do


def test_only_numbers_have_a_most_and_a_least(planner: PathPlanner) -> None:
    assert planner.does == ("list", "count", "check", "most year", "least year")


@pytest.mark.parametrize(
    ("topic", "first_steps"),
    [
        ("book/dracula", {"author", "genre", "publisher", "year"}),  # Dracula has no publisher, but a book may have
        ("person/kafka", {"^author", "influence", "^influence"}),
        ("genre/horror", {"^genre"}),
        ("house/murray", {"^publisher"}),
        ("book/absent", {"author", "^author", "genre", "^genre", "publisher", "^publisher", "influence", "^influence",
                         "year"}),
    ],
)  # fmt: skip
def test_the_first_step_fits_the_class_of_the_topic(planner: PathPlanner, topic: str, first_steps: set[str]) -> None:
    walks = planner.walks(Iri(SHOP + topic))
    assert {walk for walk in walks if "/" not in walk} == first_steps
    assert {walk.split("/")[0] for walk in walks} == first_steps


def test_walks_of_a_genre_by_hand(planner: PathPlanner) -> None:
    two = {walk for walk in planner.walks(Iri(SHOP + "genre/horror")) if walk.count("/") == 1}
    assert two == {"^genre/author", "^genre/genre", "^genre/publisher", "^genre/year"}


@pytest.mark.parametrize("topic", ["book/dracula", "person/kafka", "genre/horror", "house/murray", "book/absent"])
def test_every_walk_fits_the_pattern_and_ends_at_a_value_at_most(planner: PathPlanner, topic: str) -> None:
    walks = planner.walks(Iri(SHOP + topic))
    for walk in walks:
        assert re.fullmatch(planner.pattern(walks), walk)
        assert re.fullmatch(planner.pattern(walks), f"not {walk}")
        steps = walk.split("/")
        assert 1 <= len(steps) <= MAX_HOPS
        assert not {"year", "^year"} & set(steps[:-1])


def test_a_path_that_the_facts_allow_is_a_walk(shop: Snapshot, planner: PathPlanner) -> None:
    for topic in ("book/dracula", "person/stoker", "genre/scifi"):
        iri = Iri(SHOP + topic)
        reading = Reader(shop).read("")
        assert {path.text for path in planner.plan(iri, reading)} <= planner.walks(iri)


def test_a_named_relation_that_the_topic_lacks_is_asked_for_all_the_same(shop: Snapshot, planner: PathPlanner) -> None:
    assert planned(shop, planner, "who published Dracula?")[0].text == "publisher"
    assert planned(shop, planner, "who influenced Dracula?")[0].text != "influence"  # of people, by the schema


def test_a_symmetric_relation_is_walked_in_one_way(tiny: Snapshot) -> None:
    """Both ways lead to the same, and a model that has to choose between them can only guess."""
    relations = tiny.manifest.relations
    both = relations | {"influence": relations["influence"].model_copy(update={"symmetric": True})}
    either_way = replace(tiny, manifest=tiny.manifest.model_copy(update={"relations": both}))
    stated = {(one.subject, one.object) for one in tiny.store.triples(predicate=relations["influence"].iri)}
    assert stated
    for topic in {*(subject for subject, _ in stated), *(Iri(obj) for _, obj in stated)}:
        walks = PathPlanner(either_way).walks(topic)
        assert "influence" in walks
        assert not any("^influence" in walk for walk in walks)
        assert "influence" in PathPlanner(either_way).stated(topic)
        assert any("^influence" in walk for walk in PathPlanner(tiny).walks(topic))


@pytest.mark.parametrize(("symmetric", "fits"), [(frozenset({"act"}), True), (frozenset[str](), False)])
def test_items_are_at_both_ends_of_a_symmetric_relation(symmetric: frozenset[str], fits: bool) -> None:
    """ "Which artists are associated with X" asks for what a step forward gives, too."""
    asked = AskedFit(
        cued=Counter({"act": 1}),
        cues=("act",),
        asks="items",
        shares=False,
        outwards=("act",),
        numeric=frozenset(),
        of_items=frozenset({"act"}),
        symmetric=symmetric,
    )
    assert (asked.of([Step("act")]) >= asked.of([Step("act", "inverse")])) == fits
