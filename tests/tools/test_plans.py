"""Question plans: what they answer on the bookshop, and on random graphs the same as sets of triples do."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kg.domain import Domain
from kg.manifest import load_manifest
from kg.snapshot import Snapshot, open_snapshot
from kg.types import Iri, Step, Triple
from tools.constraints import RangeConstraint
from tools.errors import ToolError, UnknownNameError
from tools.plans import CHECK, COUNT, FEWER, LEAST, LIST, MORE, MOST, Leg, Plan, PlanResult, PlanRunner

SHOP = "http://shop.example/"
INFINITE = float("inf")


@pytest.fixture(scope="module")
def runner(tiny: Snapshot) -> PlanRunner:
    return PlanRunner(tiny)


def step(said: str) -> Step:
    return Step(said.removeprefix("^"), "inverse" if said.startswith("^") else "forward")


def leg(start: str, path: str, *, wanted: bool = True) -> Leg:
    return Leg(Iri(SHOP + start), tuple(map(step, path.split("/"))), wanted)


def plan(
    *legs: Leg, things: Sequence[str] = (), do: str = LIST, by: str = "", ranges: Sequence[RangeConstraint] = ()
) -> Plan:
    return Plan(legs, tuple(Iri(SHOP + one) for one in things), do, by, tuple(ranges))


def years(low: float = -INFINITE, high: float = INFINITE, *, wanted: bool = True) -> RangeConstraint:
    return RangeConstraint("year", low, high, wanted)


def ends(result: PlanResult) -> set[str]:
    assert len({one.iri_or_literal for one in result.answers}) == len(result.answers)
    return {one.iri_or_literal.removeprefix(SHOP) for one in result.answers}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (plan(leg("book/dracula", "author")), {"person/stoker"}),
        (plan(leg("person/shelley", "^author")), {"book/frankenstein", "book/last_man"}),
        (plan(leg("book/dracula", "year")), {"1897"}),
        (plan(leg("person/shelley", "^author/year")), {"1818", "1826"}),
        (plan(leg("book/emma", "author/^author")), {"book/persuasion"}),
        (plan(leg("book/dracula", "author/influence/^author")), {"book/frankenstein", "book/last_man"}),
        (plan(leg("genre/horror", "^genre"), leg("genre/scifi", "^genre")), {"book/frankenstein"}),
        (plan(leg("book/dracula", "genre"), leg("book/frankenstein", "genre")), {"genre/horror"}),
        (plan(leg("book/dracula", "genre"), leg("book/emma", "genre")), set()),
        (plan(leg("genre/horror", "^genre"), leg("genre/scifi", "^genre", wanted=False)), {"book/dracula"}),
        (plan(leg("genre/scifi", "^genre"), leg("person/shelley", "^author", wanted=False)), {"book/worlds"}),
        (plan(leg("genre/horror", "^genre"), leg("genre/romance", "^genre", wanted=False)),
         {"book/dracula", "book/frankenstein"}),
        (plan(leg("genre/horror", "^genre", wanted=False)), set()),
        (plan(), set()),
        (plan(leg("person/shelley", "^author"), do=COUNT), {"book/frankenstein", "book/last_man"}),
    ],
)  # fmt: skip
def test_an_answer_is_an_end_of_every_wanted_walk_and_of_no_other(
    runner: PlanRunner, asked: Plan, expected: set[str]
) -> None:
    result = runner.run(asked)
    assert ends(result) == expected
    assert result.size == len(expected)
    assert result.verdict is None


def test_what_is_asked_about_is_no_answer(runner: PlanRunner) -> None:
    both = plan(leg("book/frankenstein", "genre/^genre"), leg("book/worlds", "genre/^genre"))
    assert ends(runner.run(both)) == {"book/last_man"}
    without = plan(leg("genre/scifi", "^genre"), leg("book/worlds", "author", wanted=False))
    assert "book/last_man" in ends(runner.run(without))


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([years(1820)], {"book/last_man", "book/worlds"}),
        ([years(1818, 1826)], {"book/frankenstein", "book/last_man"}),
        ([years(1818, 1818)], {"book/frankenstein"}),
        ([years(high=1817)], set()),
        ([years(1818, 1826, wanted=False)], {"book/worlds"}),
        ([years(1820), years(high=1830)], {"book/last_man"}),
    ],
)
def test_answers_lie_within_the_ranges(runner: PlanRunner, ranges: list[RangeConstraint], expected: set[str]) -> None:
    result = runner.run(plan(leg("genre/scifi", "^genre"), ranges=ranges))
    assert ends(result) == expected
    for one in result.answers:
        assert any(triple.literal and triple.subject == one.iri_or_literal for triple in one.witness)


def test_what_is_no_item_has_no_number_to_fail_by(runner: PlanRunner) -> None:
    assert ends(runner.run(plan(leg("book/dracula", "author"), ranges=[years(2000)]))) == {"person/stoker"}


@pytest.mark.parametrize(
    ("steps", "ranges", "expected"),
    [
        ("^genre/author", [years(1820)], {"person/shelley", "person/wells"}),
        ("^genre/author", [years(1850)], {"person/wells"}),
        ("^genre/author", [years(1850, wanted=False)], {"person/shelley"}),
        ("^genre/author", [years(high=1700)], set()),
        ("^genre/author/^author", [years(1826)], {"book/last_man", "book/worlds"}),
    ],
)
def test_ends_that_are_no_items_are_reached_through_items_within_the_ranges(
    runner: PlanRunner, steps: str, ranges: list[RangeConstraint], expected: set[str]
) -> None:
    result = runner.run(plan(leg("genre/scifi", steps), ranges=ranges))
    assert ends(result) == expected
    for one in result.answers:
        assert any(triple.literal for triple in one.witness), "the number is part of the evidence"
        assert any(one.iri_or_literal in (triple.subject, triple.object) for triple in one.witness)


def _fact(book: str, relation: str, what: str) -> Triple:
    return Triple(Iri(f"{SHOP}book/{book}"), Iri(f"{SHOP}vocab/{relation}"), Iri(SHOP + what))


@pytest.mark.parametrize("books", [["frankenstein"], ["last_man"], ["frankenstein", "last_man"]])
@pytest.mark.parametrize("doubted", [("genre", "genre/scifi"), ("author", "person/shelley")])
def test_an_end_behind_items_is_in_doubt_only_where_no_sound_way_reaches_it(
    tiny: Snapshot, books: list[str], doubted: tuple[str, str]
) -> None:
    snapshot, sound = replace(tiny, flagged=frozenset(_fact(one, *doubted) for one in books)), len(books) == 1
    result = PlanRunner(snapshot).run(plan(leg("genre/scifi", "^genre/author"), ranges=[years(1800, 1850)]))
    assert ends(result) == ({"person/shelley"} if sound else set())
    assert [one.iri_or_literal for one in result.doubtful] == ([] if sound else [f"{SHOP}person/shelley"])


@pytest.mark.parametrize(
    ("things", "ranges", "verdict", "proof"),
    [
        (["book/frankenstein"], [years(1818, 1818)], True, {"book/frankenstein"}),
        (["book/frankenstein"], [years(1819)], False, {"book/frankenstein"}),
        (["book/frankenstein"], [years(1819), years(high=1900)], False, {"book/frankenstein"}),
        (["book/frankenstein", "book/worlds"], [years(1850)], False, {"book/frankenstein"}),
        (["book/frankenstein"], [years(1819, wanted=False)], True, {"book/frankenstein"}),
        (["person/shelley"], [years(1818)], None, set()),
        (["book/frankenstein"], [], None, set()),
        ([], [years(1818)], None, set()),
    ],
)
def test_a_check_of_numbers_alone_needs_no_walk(
    runner: PlanRunner, things: list[str], ranges: list[RangeConstraint], verdict: bool | None, proof: set[str]
) -> None:
    result = runner.run(plan(things=things, do=CHECK, ranges=ranges))
    assert (result.verdict, ends(result)) == (verdict, proof)
    assert all(one.witness for one in result.answers), "a no, too, rests on what the graph states"
    assert bool(result.blind) == (things == ["person/shelley"]), "a person has no year, which is no denial"


@pytest.mark.parametrize(
    ("things", "verdict", "proof"),
    [
        (["book/frankenstein"], True, {"book/frankenstein"}),
        (["book/frankenstein", "book/last_man"], True, {"book/frankenstein", "book/last_man"}),
        (["book/frankenstein", "book/emma"], False, {"book/frankenstein"}),
        (["book/emma"], False, set()),
        ([], True, {"book/frankenstein", "book/last_man"}),
    ],
)
def test_a_check_holds_where_every_thing_is_an_answer(
    runner: PlanRunner, things: list[str], verdict: bool, proof: set[str]
) -> None:
    result = runner.run(plan(leg("person/shelley", "^author"), things=things, do=CHECK))
    assert result.verdict is verdict
    assert ends(result) == proof
    assert result.text.startswith("yes; " if verdict else "no")


def test_a_check_of_nothing_is_false(runner: PlanRunner) -> None:
    assert runner.run(plan(leg("person/austen", "influence"), do=CHECK)).verdict is False
    assert runner.run(plan(leg("person/kafka", "^author"), do=CHECK, ranges=[years(high=1900)])).verdict is False


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (plan(things=["book/emma", "book/dracula"], do=MOST, by="year"), {"book/dracula"}),
        (plan(things=["book/emma", "book/dracula"], do=LEAST, by="year"), {"book/emma"}),
        (plan(leg("genre/scifi", "^genre"), do=MOST, by="year"), {"book/worlds"}),
        (plan(leg("genre/scifi", "^genre"), do=LEAST, by="year"), {"book/frankenstein"}),
        (plan(leg("genre/scifi", "^genre"), do=LEAST, by="year", ranges=[years(1820)]), {"book/last_man"}),
        (plan(leg("genre/scifi", "^genre"), leg("person/wells", "^author", wanted=False), do=MOST, by="year"),
         {"book/last_man"}),
        (plan(leg("book/dracula", "author"), do=MOST, by="year"), set()),
        (plan(leg("person/austen", "influence/^author"), do=MOST, by="year"), set()),
        (plan(do=MOST, by="year"), set()),
    ],
)  # fmt: skip
def test_an_extreme_is_the_answer_with_the_largest_or_smallest_number(
    runner: PlanRunner, asked: Plan, expected: set[str]
) -> None:
    result = runner.run(asked)
    assert ends(result) == expected
    assert all(one.witness[-1].predicate == SHOP + "vocab/year" for one in result.answers)


@pytest.mark.parametrize(
    ("asked", "expected", "counts"),
    [
        (plan(leg("person/shelley", "^author"), leg("person/stoker", "^author"), do=MORE), {"person/shelley"}, (2, 1)),
        (plan(leg("person/shelley", "^author"), leg("person/stoker", "^author"), do=FEWER), {"person/stoker"}, (2, 1)),
        (plan(leg("person/austen", "^author"), leg("person/kafka", "^author"), leg("person/wells", "^author"), do=MORE),
         {"person/austen", "person/kafka"}, (2, 2, 1)),
        (plan(leg("person/austen", "^author"), leg("person/kafka", "^author"), do=MORE, ranges=[years(1816)]),
         {"person/kafka"}, (1, 2)),
        (plan(leg("book/frankenstein", "genre"), leg("book/dracula", "genre"), do=MORE),
         {"book/frankenstein"}, (2, 1)),
    ],
)  # fmt: skip
def test_of_several_the_one_with_more_or_fewer_ends_is_the_answer(
    runner: PlanRunner, asked: Plan, expected: set[str], counts: tuple[int, ...]
) -> None:
    result = runner.run(asked)
    assert (ends(result), result.counts, result.verdict) == (expected, counts, None)
    for one in result.answers:
        told = [triple for triple in one.witness if triple.predicate != SHOP + "vocab/year"]
        assert {one.iri_or_literal in (triple.subject, triple.object) for triple in told} == {True}
        assert len(told) == (max if asked.do == MORE else min)(counts)


def test_what_a_count_cannot_begin_with_is_told(runner: PlanRunner) -> None:
    asked = plan(leg("person/shelley", "^author"), leg("house/murray", "^author"), do=MORE)
    result = runner.run(asked)
    assert (result.answers, result.counts, result.blind) == ((), (), asked.legs[1:])


def test_a_thing_without_the_number_makes_a_comparison_blind(runner: PlanRunner) -> None:
    result = runner.run(plan(things=["book/emma", "person/kafka"], do=LEAST, by="year"))
    assert (result.answers, result.verdict) == ((), None)
    assert result.blind == (leg("person/kafka", "year"),)


@pytest.mark.parametrize(
    ("claimed", "other", "do", "verdict"),
    [
        ("book/emma", "book/dracula", LEAST, True),
        ("book/dracula", "book/emma", LEAST, False),
        ("book/dracula", "book/emma", MOST, True),
    ],
)
def test_a_comparison_that_claims_something_has_a_verdict(
    runner: PlanRunner, claimed: str, other: str, do: str, verdict: bool
) -> None:
    asked = replace(plan(things=[claimed, other], do=do, by="year"), claimed=Iri(SHOP + claimed))
    assert runner.run(asked).verdict is verdict
    assert runner.run(replace(asked, claimed=None)).verdict is None


def test_equal_numbers_are_all_answers(tmp_path: Path) -> None:
    snapshot = random_domain(tmp_path, 0, years=(1900,))
    runner = PlanRunner(snapshot)
    for do in (MOST, LEAST):
        asked = Plan((), tuple(map(Iri, snapshot.items)), do, "year")
        assert {one.iri_or_literal for one in runner.run(asked).answers} == set(snapshot.items)


def test_a_start_without_the_relation_is_told_apart_from_an_empty_answer(runner: PlanRunner) -> None:
    unknown = leg("book/dracula", "publisher")
    assert runner.run(plan(unknown)).blind == (unknown,)
    assert runner.run(plan(leg("book/dracula", "author"), unknown)).blind == (unknown,)
    # Stoker has an influence, and she none: the walk is empty, but its start is not unknown.
    empty = runner.run(plan(leg("person/stoker", "influence/influence")))
    assert (empty.answers, empty.blind) == ((), ())
    assert empty.text == "nothing is found"
    # Nobody has to be published to be left out.
    assert runner.run(plan(leg("genre/horror", "^genre"), leg("house/absent", "^publisher", wanted=False))).blind == ()


def test_an_unknown_relation_is_an_error(runner: PlanRunner) -> None:
    with pytest.raises(UnknownNameError, match="there is no relation 'directed'"):
        runner.run(plan(leg("book/dracula", "directed")))
    with pytest.raises(UnknownNameError, match=r"'author' holds no numbers here\. Valid: year"):
        runner.run(plan(leg("genre/horror", "^genre"), do=MOST, by="author"))
    with pytest.raises(UnknownNameError, match="'pages' holds no numbers"):
        runner.run(plan(leg("genre/horror", "^genre"), ranges=[RangeConstraint("pages", 1, 2)]))
    with pytest.raises(ToolError, match="leads to a value"):
        runner.run(plan(leg("book/dracula", "year/author")))


def test_answers_rest_on_triples_of_the_graph(runner: PlanRunner, tiny: Snapshot) -> None:
    result = runner.run(plan(leg("book/dracula", "author/influence/^author"), leg("genre/scifi", "^genre")))
    assert ends(result) == {"book/frankenstein", "book/last_man"}
    assert all(triple in tiny.store for triple in result.triples)
    for one in result.answers:
        assert [triple.predicate.removeprefix(SHOP + "vocab/") for triple in one.witness] == [
            "author", "influencedBy", "author", "genre",
        ]  # fmt: skip


RANDOM_TOML = """
name = "random"
title = "Random"
[graph]
files = ["graph.ttl"]
[relations.maker]
iri = "http://shop.example/vocab/maker"
noun = "maker"
[relations.part]
iri = "http://shop.example/vocab/part"
noun = "part"
[relations.year]
iri = "http://shop.example/vocab/year"
noun = "year"
"""


def random_domain(folder: Path, seed: int, years: Sequence[int] = (1900, 1901, 1902)) -> Snapshot:
    """Return six items and four makers; items have makers, and parts among themselves, at random."""
    rng = random.Random(seed)
    lines = ["@prefix v: <http://shop.example/vocab/> .", "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."]
    for number in range(6):
        item = f"<{SHOP}item/{number}>"
        lines.append(f'{item} a <http://example.org/vocab/CatalogItem> ; rdfs:label "Item {number}" .')
        lines += [f"{item} v:maker <{SHOP}maker/{one}> ." for one in rng.sample(range(4), rng.randint(0, 3))]
        others = [one for one in range(6) if one != number]
        lines += [f"{item} v:part <{SHOP}item/{one}> ." for one in rng.sample(others, rng.randint(0, 2))]
        if number == 0 or len(years) == 1 or rng.random() < 0.8:
            lines.append(f"{item} v:year {rng.choice(years)} .")
    lines += [f'<{SHOP}maker/{number}> a v:Maker ; rdfs:label "Maker {number}" .' for number in range(4)]
    domain = folder / "random"
    domain.mkdir()
    (domain / "domain.toml").write_text(RANDOM_TOML, "utf-8")
    (domain / "graph.ttl").write_text("\n".join(lines), "utf-8")
    return open_snapshot(Domain(domain, load_manifest(domain)), folder / "fitted")


def walked(triples: Sequence[Triple], one: Leg) -> set[str]:
    """Follow a leg over plain triples; on its way it does not come back to where it began."""
    reached = {str(one.start)}
    for at, taken in enumerate(one.steps):
        mine = [triple for triple in triples if triple.predicate == f"{SHOP}vocab/{taken.relation}"]
        forward = taken.direction == "forward"
        reached = {t.object if forward else t.subject for t in mine if (t.subject if forward else t.object) in reached}
        reached -= {str(one.start)} if at else set()
    return reached


@pytest.mark.parametrize("seed", range(3))
def test_plans_on_random_graphs_answer_what_sets_of_triples_do(tmp_path: Path, seed: int) -> None:
    snapshot, rng = random_domain(tmp_path, seed), random.Random(seed)
    runner, triples = PlanRunner(snapshot), list(snapshot.store.triples())
    entities = [f"item/{number}" for number in range(6)] + [f"maker/{number}" for number in range(4)]
    paths = ["maker", "^maker", "part", "^part", "part/maker", "maker/^maker", "part/^part/maker", "^maker/part/part"]
    numbers = {str(t.subject): float(t.object) for t in triples if t.predicate == SHOP + "vocab/year"}
    for _ in range(100):
        legs = [
            leg(rng.choice(entities), rng.choice(paths), wanted=rng.random() < 0.75) for _ in range(rng.randint(1, 3))
        ]
        things = rng.sample(entities, rng.randint(0, 2))
        expected = set.intersection(*([walked(triples, one) for one in legs if one.wanted] or [set()]))
        expected -= set().union(*(walked(triples, one) for one in legs if not one.wanted))
        expected -= {one.start for one in legs}
        found = runner.run(plan(*legs, things=things))
        assert {one.iri_or_literal for one in found.answers} == expected
        assert all(triple in snapshot.store for triple in found.triples)
        checked = runner.run(plan(*legs, things=things, do=CHECK))
        named = {SHOP + one for one in things}
        assert checked.verdict == (named <= expected if named else bool(expected))
        known = {numbers[one] for one in expected if one in numbers}
        for do, best in ((MOST, max(known, default=None)), (LEAST, min(known, default=None))):
            extreme = runner.run(plan(*legs, do=do, by="year"))
            assert {one.iri_or_literal for one in extreme.answers} == {
                one for one in expected if best is not None and numbers.get(one) == best
            }
        blind = {one.start for one in legs if one.wanted and not walked(triples, Leg(one.start, one.steps[:1]))}
        assert {one.start for one in found.blind} == blind
