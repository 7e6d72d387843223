"""How walks are said: every shape of question for every last relation, and verbs that agree with their nouns."""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from agent.tune.noun_phrases import Phrase
from agent.tune.phrasing import Phraser
from agent.tune.questions import QuestionMaker
from agent.tune.ways import _ATTRIBUTE, Ways, all_ways
from kg.snapshot import Snapshot
from tests.tools.test_plans import step

SAID = 2500
Said = Callable[[str], frozenset[str]]


@pytest.fixture(scope="module")
def said(films: Snapshot) -> Said:
    """Say a walk from {0} in many ways."""
    ways = all_ways(films)

    @cache
    def say(walk: str) -> frozenset[str]:
        phraser = Phraser(ways, random.Random(5))
        return frozenset(phraser.asked([*map(step, walk.split("/"))], "{0}") for _ in range(SAID))

    return say


@pytest.mark.slow
@pytest.mark.parametrize(
    ("walk", "shape"),
    [
        ("writer/^writer/genre", r"(what|which) (types|kinds|genres|sorts) are (the )?(films|movies) .*\{0\}"),
        ("writer/^writer/genre", r"which genres? do (the )?(films|movies) .*\{0\}.* fall under"),
        ("writer/^writer/genre", r"the (films|movies) .*\{0\}.* (are|were) in (which|what) \w+"),
        ("director/^director/year", r"when did (the )?(films|movies) .*\{0\}.* come out"),
        ("director/^director/year", r"when did (films|movies) (come out|appear|open) (that|which|whose) .*\{0\}"),
        ("director/^director/year", r"(what|which) (are|were) the (release )?(dates|years) (of|for) .*\{0\}.*"),
        ("^director/writer", r"who (wrote|penned|scripted) (the )?(films|movies) .*\{0\}.*"),
        ("^starring/director", r"the (films|movies) .*\{0\}.* (were|are) directed by (who|whom|which \w+)"),
        ("^starring/director", r"by whom were (the )?(films|movies) .*\{0\}.* directed"),
        ("^starring/starring", r"(the \w+ )?\{0\} is a co-(star|actor) of (who|whom)"),
        ("^starring/starring", r"(whom|who) did (the \w+ )?\{0\} act (in (films|movies) )?with"),
        ("^starring/starring", r"who acted (together with|alongside|with|along with|jointly with) (the \w+ )?\{0\}"),
        ("^director/director", r"(the \w+ )?\{0\} co-directed (films|movies) with (who|whom)"),
        ("^writer/starring", r"who are the (actors|stars|leads) of the (writer|screenwriter|scenarist) \{0\}"),
        ("^director/starring", r"who (starred|acted) in (films|movies) for the (director|filmmaker) \{0\}"),
        ("writer/^writer/director", r"who \w+ (films|movies) for the (writers?|screenwriters?) (of|for) \{0\}"),
        ("director/^director/starring", r"(films|movies|.*) .*directed by the \{0\} directors?"),
        ("writer/^writer/starring", r".*whose writers also (wrote|write) (the \w+ )?\{0\}"),
        ("starring/^starring", r".* also (acted|acts|act|stars|star|starred) in (which|what) (films|movies)"),
        ("^writer/director", r"the (films|movies) .*\{0\}.*: who (directed|made) them"),
    ],
)  # fmt: skip
def test_a_walk_is_asked_for_in_this_shape(said: Said, walk: str, shape: str) -> None:
    assert any(re.fullmatch(shape, one) for one in said(walk)), walk


@pytest.mark.slow
def test_every_last_step_of_every_length_is_asked_for(films: Snapshot) -> None:
    made: Counter[tuple[int, str]] = Counter()
    for one in QuestionMaker(films, 2).make(3000):
        if one.kind.endswith("hop"):
            path = one.slots[0].value.split("/")
            made[len(path), path[-1]] += 1
    relations = films.manifest.relations
    ends = [*relations, *(f"^{name}" for name in relations if name != "year")]
    assert {(hops, end) for hops in (1, 2, 3) for end in ends} == set(made)
    common = (
        "director",
        "starring",
        "writer",
        "composer",
        "genre",
        "year",
        "country",
        "^director",
        "^starring",
        "^writer",
    )
    assert min(made[hops, end] for hops in (1, 2, 3) for end in common) >= 18


@pytest.mark.slow
@pytest.mark.parametrize(
    "walk", ["^director/genre", "writer/^writer/year", "^starring/writer", "starring/^starring/country"]
)
def test_the_verb_agrees_with_several_things(said: Said, walk: str) -> None:
    for one in said(walk):
        assert not re.search(
            r"\b(was|is|does|has) the (films|movies)\b|\b(by|as \w+|actor|writer) \{0\} (was|has) ", one
        ), one
        assert not re.search(
            r"\b(the the|who which|those who (acts|stars|writes|directs)|people who (acts|writes))\b", one
        ), one


@pytest.mark.parametrize(
    ("phrase", "definite", "parted"),
    [
        (Phrase("films by {0}", is_one=False), "the films by {0}", None),
        (Phrase("films that {0} made", is_one=False), "the films that {0} made", ("films", "that {0} made")),
        (Phrase("the writer of {0}", is_one=True), "the writer of {0}", None),
        (Phrase("{0}", is_one=True), "{0}", None),
        (Phrase("other films of {0}", is_one=False), "other films of {0}", None),
    ],
)
def test_a_phrase_knows_its_article_and_its_clause(
    phrase: Phrase, definite: str, parted: tuple[str, str] | None
) -> None:
    assert phrase.definite == definite
    assert phrase.parted == parted


@pytest.mark.slow
@pytest.mark.parametrize("walk", ["writer/^writer/genre", "^director/director/^director"])
def test_a_noun_stands_beside_a_name_and_beside_no_longer_phrase(said: Said, walk: str) -> None:
    """Who says "Alien directors films"? "Alien's directors' films" some do."""
    nouns = r"(films|movies|directors?|filmmakers?|writers?|genres?)"
    assert not [one for one in said(walk) if re.search(rf"\{{0\}} {nouns} {nouns}\b", one)]


def whole(ways: dict[str, Ways], walk: str) -> set[str]:
    """Say a walk from {0} in the ways that speak of it as one thing."""
    phraser = Phraser(ways, random.Random(5))
    return {one for _ in range(50) for one in phraser._together([*map(step, walk.split("/"))], "{0}")}


def test_nobody_works_on_a_symmetric_relation(films: Snapshot) -> None:
    ways = all_ways(films)
    walk = [step("^starring"), step("starring")]
    assert whole(ways, "^starring/starring")
    assert Phraser(ways, random.Random(5)).folded(walk, "{0}") is not None
    ways["starring"] = replace(ways["starring"], is_symmetric=True)
    assert not whole(ways, "^starring/starring")
    assert not whole(ways, "^starring/director")
    assert Phraser(ways, random.Random(5)).folded(walk, "{0}") is None


def test_no_way_to_ask_fits_what_the_topic_has_itself(films: Snapshot) -> None:
    ways = all_ways(films)
    assert any("actors of the director {0}" in one for one in whole(ways, "^director/starring"))
    ways["starring"] = replace(ways["starring"], of_objects=frozenset({"director"}))
    assert not whole(ways, "^director/starring")


def test_relations_whose_objects_have_another_are_known(films: Snapshot) -> None:
    ways = all_ways(films)
    assert "based_on" in ways["author"].of_objects
    assert "director" not in ways["starring"].of_objects


def test_an_adverb_may_stand_before_what_follows_a_noun() -> None:
    assert _ATTRIBUTE.match("originally from {o}")
    assert not _ATTRIBUTE.match("really likes {o}")
