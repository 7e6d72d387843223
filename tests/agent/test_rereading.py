"""A plan that stops before what the question asks for gives way to one that goes on, and no other plan does."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from agent.interpretation import Interpretation, Ref, Route, possible_meanings
from agent.questions import THING, PathPlanner
from agent.reading import Reader
from agent.rereading import SecondLook, Walks, corrected, stops_early
from agent.understanding import LOOKS
from kg.snapshot import Snapshot
from tests.agent.conftest import Make, open_quietly
from tests.agent.fakes import Call, ScriptedGate, planned
from tools.plans import PlanResult, PlanRunner

SCOTT = Ref(iri="http://dbpedia.org/resource/Ridley_Scott", label="Ridley Scott", text="Ridley Scott")


def asks(path: str, do: str = "list") -> Interpretation:
    return Interpretation(intent="ask", do=do, routes=[Route(ref=SCOTT, path=path.split("/"))])


@pytest.mark.parametrize(
    ("question", "short", "whole"),
    [
        ("what genres do the films directed by Ridley Scott have", "^director", "^director/genre"),
        ("who wrote the films directed by Ridley Scott", "^director", "^director/writer"),
        ("the films directed by Ridley Scott were written by whom?", "^director", "^director/writer"),
        ("when did the films by Ridley Scott come out", "^director", "^director/year"),
        ("which people act in films of Ridley Scott", "^director", "^director/starring"),
        ("Ridley Scott is a co-director of who", "^director", "^director/director"),
    ],
)
def test_a_plan_may_stop_early(films: Snapshot, question: str, short: str, whole: str) -> None:
    assert stops_early(asks(short), asks(whole), question, films)
    assert not stops_early(asks(whole), asks(short), question, films)
    assert not stops_early(asks(whole), asks(whole), question, films)
    assert not stops_early(asks(short), asks(whole, "count"), question, films)


@pytest.mark.parametrize(
    ("question", "plan", "other"),
    [
        ("films with Ridley Scott as director", "^director", "^director/starring"),
        ("films whose directors include Ridley Scott", "^director", "^director/director"),
        ("which films did the writer of films by Ridley Scott write", "^director/writer", "^director/writer/^writer"),
        ("what did Ridley Scott direct", "^director", "^director/genre/^genre"),
        ("who directed what Ridley Scott wrote", "^writer", "^director/director"),
    ],
)
def test_a_plan_that_answers_stays(films: Snapshot, question: str, plan: str, other: str) -> None:
    assert not stops_early(asks(plan), asks(other), question, films)


async def test_the_longer_plan_is_the_answer_and_code_is_said_to_have_chosen(bookshop: Make) -> None:
    answer = await bookshop(planned(m1="^genre")).aask("who wrote the books in the genre horror?")
    assert {one.label for one in answer.answers} == {"Bram Stoker", "Mary Shelley"}
    assert answer.trace[0].decided_by == "code"


async def test_without_a_second_look_the_first_plan_is_the_answer(bookshop: Make) -> None:
    gate = ScriptedGate(planned(m1="^genre"))
    answer = await bookshop(gate, second_look=False).aask("who wrote the books in the genre horror?")
    assert {one.label for one in answer.answers} == {"Dracula", "Frankenstein"}
    assert (answer.trace[0].decided_by, len(gate.named("interpret"))) == ("model", 1)


def in_turn(*paths: str) -> ScriptedGate:
    """Return a model that says one path after the other."""
    left = iter(paths)

    def choose(call: Call) -> object:
        return planned(m1=next(left))(call)

    return ScriptedGate(choose)


async def test_the_model_is_asked_again_for_a_path_that_goes_on(bookshop: Make) -> None:
    gate = in_turn("^genre", "^genre/author")
    answer = await bookshop(gate).aask("who wrote the books in the genre horror?")
    assert {one.label for one in answer.answers} == {"Bram Stoker", "Mary Shelley"}
    assert (answer.trace[0].decided_by, answer.calls, answer.degraded) == ("model", 2, False)
    _, second = gate.named("interpret")
    left = second.schema["properties"]["m1"]["pattern"]
    assert re.fullmatch(left, "^genre/author")
    for short in ("^genre", "-", "is", "not ^genre/author"):
        assert not re.fullmatch(left, short), "what falls short cannot be said again"
    assert not re.fullmatch(left, "^genre/author/^author")


async def test_the_model_is_asked_again_where_the_graph_never_states_the_first_step(bookshop: Make) -> None:
    gate = in_turn("influence", "^author")
    answer = await bookshop(gate).aask("which books are by Jane Austen?")
    assert {one.label for one in answer.answers} == {"Emma", "Persuasion"}
    assert (answer.trace[0].decided_by, answer.calls) == ("model", 2)


async def test_a_second_plan_that_falls_short_leaves_it_to_the_rules(bookshop: Make) -> None:
    answer = await bookshop(planned(m1="-")).aask("who wrote Dracula?")
    assert not answer.answers, "a plan without a path is no question that could fall short"
    answer = await bookshop(in_turn("influence", "-", "-")).aask("which books are by Jane Austen?")
    assert {one.label for one in answer.answers} == {"Emma", "Persuasion"}
    assert answer.trace[0].decided_by == "code"


@pytest.mark.parametrize(("doubts", "calls"), [(0, 1), (1, 2), (2, 3), (9, 1 + LOOKS)])
async def test_each_plan_is_looked_at_again(
    bookshop: Make, monkeypatch: pytest.MonkeyPatch, doubts: int, calls: int
) -> None:
    """The next may be no better; but nobody waits for ever."""
    looks = iter(range(99))
    monkeypatch.setattr(SecondLook, "left", lambda _, meanings, __: meanings if next(looks) < doubts else None)
    paths = ["^genre", "^genre/author", "^genre/author/^author", "^genre/author/influence", "^genre/publisher"]
    gate = in_turn(*paths)
    answer = await bookshop(gate).aask("what about the genre horror?")
    assert answer.calls == len(gate.named("interpret")) == calls
    assert paths[calls - 1] in str(answer.trace[0].result)


APART = "who is an author of horror, as of The Last Man?"
BOOKS = "which horror books did the author of The Last Man write?"


def plans_in_turn(*plans: dict[str, str]) -> ScriptedGate:
    """Return a model that says one plan after the other."""
    left = iter(plans)

    def choose(call: Call) -> object:
        return planned(**next(left))(call)

    return ScriptedGate(choose)


async def test_walks_that_end_apart_are_asked_for_again(bookshop: Make) -> None:
    gate = plans_in_turn({"m1": "^genre", "m2": "author"}, {"m1": "^genre", "m2": "author/^author"})
    answer = await bookshop(gate).aask(APART)
    assert {one.label for one in answer.answers} == {"Frankenstein"}
    assert (answer.trace[0].decided_by, answer.calls, answer.degraded) == ("model", 2, False)
    _, second = gate.named("interpret")
    ways = [{name: branch["properties"][name]["pattern"] for name in ("m1", "m2")} for branch in second.schema["anyOf"]]
    assert any(re.fullmatch(one["m1"], "^genre") and re.fullmatch(one["m2"], "author/^author") for one in ways)
    assert any(re.fullmatch(one["m1"], "^genre/author") and re.fullmatch(one["m2"], "author") for one in ways)
    for m1, m2 in (("^genre", "author"), ("^genre", "-"), ("^genre/author", "author/^author"), ("is", "author")):
        assert not any(re.fullmatch(one["m1"], m1) and re.fullmatch(one["m2"], m2) for one in ways)


async def test_they_end_at_items_where_items_are_asked_for(bookshop: Make) -> None:
    gate = plans_in_turn({"m1": "^genre", "m2": "author"}, {"m1": "^genre", "m2": "author/^author"})
    answer = await bookshop(gate).aask(BOOKS)
    assert {one.label for one in answer.answers} == {"Frankenstein"}
    properties = gate.named("interpret")[1].schema["properties"]
    assert re.fullmatch(properties["m1"]["pattern"], "^genre")
    assert not re.fullmatch(properties["m1"]["pattern"], "^genre/author")
    assert not re.fullmatch(properties["m2"]["pattern"], "author")


async def test_a_second_plan_without_an_answer_is_the_one_that_is_told(bookshop: Make) -> None:
    """The first is of things that nothing can be: that the graph knows none would be no answer to the question."""
    gate = plans_in_turn({"m1": "^genre", "m2": "author"}, {"m1": "^genre/author/^influence", "m2": "author"})
    answer = await bookshop(gate).aask(APART)
    assert not answer.answers
    assert "^genre/author/^influence, The Last Man author" in str(answer.trace[1].arguments["plan"])


async def test_without_a_second_answer_the_first_plan_stays(bookshop: Make) -> None:
    gate = plans_in_turn({"m1": "^genre", "m2": "author"}, {"m1": "-", "m2": "-"}, {"m1": "-", "m2": "-"})
    answer = await bookshop(gate).aask(APART)
    assert "^genre, The Last Man author" in str(answer.trace[1].arguments["plan"])


async def test_what_must_not_be_at_the_end_is_no_other_kind_either(bookshop: Make) -> None:
    gate = plans_in_turn({"m1": "^genre", "m2": "not author"}, {"m1": "^genre", "m2": "not author/^author"})
    answer = await bookshop(gate).aask("which horror books are not by the author of The Last Man?")
    assert {one.label for one in answer.answers} == {"Dracula"}


@pytest.mark.parametrize(
    ("paths", "apart"),
    [
        (("^director", "^starring"), False),
        (("director", "starring"), False),
        (("director", "^starring"), True),
        (("director/^director", "^starring"), False),
        (("^director/year", "^starring/year"), False),
        (("^director/year", "^starring"), True),
        (("^director",), False),
    ],
)
def test_ends_are_apart_where_no_class_is_common(films: Snapshot, paths: tuple[str, ...], apart: bool) -> None:
    routes = [Route(ref=SCOTT, path=path.split("/")) for path in paths]
    look = SecondLook(Walks(films, PathPlanner(films), lambda meaning: PlanResult(meaning.plan(), ())))
    assert look.ends_apart(Interpretation(intent="ask", do="list", routes=routes)) == apart


@dataclass(frozen=True)
class Looked:
    """What a second look makes of a plan: the plan as code mends it, and what may be said of each name instead."""

    plan: str
    ends_apart: bool
    left: dict[str, list[str]] | None
    does: list[object]

    def allows(self, **paths: str) -> bool:
        return self.left is not None and all(
            any(re.fullmatch(pattern, paths[name]) for pattern in patterns)
            for name, patterns in self.left.items()
            if name in paths
        )


def looking_at(snapshot: Snapshot) -> Callable[..., Looked]:
    """Return how a plan of the model is looked at again; its paths are those of the names in their order."""
    planner, reader, runner = PathPlanner(snapshot), Reader(snapshot), PlanRunner(snapshot)
    second_look = SecondLook(Walks(snapshot, planner, lambda meaning: runner.run(meaning.plan())))

    def looked(question: str, *paths: str, do: str = "list") -> Looked:
        meanings = possible_meanings(reader.read(question, asks=True), planner, intent="ask", has_wish=False)
        names = [f"m{at}" for at in range(1, len(paths) + 1)]
        assert len(meanings.reading.names) == len(paths), [name.text for name in meanings.reading.names]
        choice = {"intent": "ask", "do": do, **dict(zip(names, paths, strict=True))}
        assert meanings.allows(choice)
        meaning = corrected(meanings.interpretation(choice), meanings.reading)
        left = second_look.left(meanings, meaning)
        patterns, does = None, []
        if left is not None:
            fields = [branch.fields for branch in left.branches]
            patterns = {
                name: [f"{one[name].schema().get('pattern', THING)}" for one in fields if name in one] for name in names
            }
            does = [value for one in fields for value in one["do"].schema()["enum"]]
        return Looked(meaning.asked(), second_look.ends_apart(meaning), patterns, does)

    return looked


@pytest.fixture(scope="module")
def look(films: Snapshot) -> Callable[..., Looked]:
    return looking_at(films)


BANDS_TOML = """
name = "bands"
title = "Bands"
examples = ["Something like Alpha"]

[items]
noun = "artist"
plural = "artists"
synonyms = ["band"]

[graph]
files = ["graph.ttl"]

[interactions]
history = ["history.tsv"]
items = "items.tsv"

[relations.member]
iri = "http://dbpedia.org/ontology/bandMember"
noun = "member"

[relations.associated_act]
iri = "http://dbpedia.org/ontology/associatedBand"
noun = "associated act"
symmetric = true

[relations.instrument]
iri = "http://dbpedia.org/ontology/instrument"
noun = "instrument"

[relations.hometown]
iri = "http://dbpedia.org/ontology/hometown"
noun = "hometown"
"""

BANDS = """
@prefix : <http://bands.example/> .
@prefix dbo: <http://dbpedia.org/ontology/> .
@prefix ex: <http://example.org/vocab/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:alpha a dbo:Band, ex:CatalogItem ; rdfs:label "Alpha Dogs" ; dbo:bandMember :jo, :kim ;
  dbo:instrument :drum ; dbo:hometown :leeds .
:beta a dbo:Band, ex:CatalogItem ; rdfs:label "Beta Cats" ; dbo:bandMember :jo, :drum ; dbo:hometown :derby .
:solo a dbo:Band, ex:CatalogItem ; rdfs:label "Sol Oist" ; dbo:associatedBand :jo ;
  dbo:instrument :banjo ; dbo:hometown :derby .
:jo a dbo:Person ; rdfs:label "Jo Miller" ; dbo:associatedBand :solo ; dbo:hometown :york .
:kim a dbo:Person ; rdfs:label "Kim Tailor" ; dbo:hometown :leeds .
:drum a dbo:Instrument ; rdfs:label "Drum" .
:banjo a dbo:Instrument ; rdfs:label "Banjo" .
:leeds a dbo:Place ; rdfs:label "Leeds" .
:derby a dbo:Place ; rdfs:label "Derby" .
:york a dbo:Place ; rdfs:label "York" .
"""


@pytest.fixture(scope="module")
def look_at_bands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Looked]]:
    """Return how plans are looked at in a domain of bands, whose members may be artists of their own."""
    folder = tmp_path_factory.mktemp("bands")
    (folder / "domain.toml").write_text(BANDS_TOML, "utf-8")
    (folder / "graph.ttl").write_text(BANDS, "utf-8")
    rows = "".join(f"{one}\thttp://bands.example/{one}\n" for one in ("alpha", "beta", "solo"))
    (folder / "items.tsv").write_text(f"item_id\tiri\n{rows}", "utf-8")
    (folder / "history.tsv").write_text("user_id\titem_id\numa\talpha\numa\tbeta\n", "utf-8")
    opened = open_quietly(folder, folder / "home")
    yield looking_at(opened.snapshot)
    opened.close()


Look = Callable[..., Looked]


def gives_way(look: Look, question: str, plan: str, meant: str) -> None:
    """Assert that a question leaves one plan no place, but another, which stays."""
    found = look(question, plan)
    assert found.allows(m1=meant)
    assert not found.allows(m1=plan)
    assert look(question, meant).left is None


def test_a_name_that_has_no_such_facts_begins_with_those_that_it_has(look: Look) -> None:
    found = look("which films did Ridley Scott direct with Harrison Ford?", "^director", "^director")
    assert found.allows(m1="^director", m2="^starring")
    assert not found.allows(m2="^director")
    assert not found.allows(m1="^starring")
    without = look("movies by Spielberg that do not star Harrison Ford", "^starring", "not ^starring")
    assert without.allows(m1="^director", m2="not ^starring")
    left_out = look(
        "which comedies did Harold Ramis direct without Bill Murray?", "^genre", "^director", "not ^director"
    )
    assert left_out.allows(m1="^genre", m2="^director", m3="not ^starring")
    assert not left_out.allows(m3="not ^director"), "to leave out nothing"
    neither = look("films by Ridley Scott without Harrison Ford", "^starring", "not ^director")
    assert neither.allows(m1="^director", m2="not ^starring")
    assert not neither.allows(m1="^starring")


@pytest.mark.parametrize("joint", ["and", "or", ","])
def test_what_is_joined_is_meant_alike(look: Look, joint: str) -> None:
    assert look(f"films directed by Ridley Scott {joint} Harrison Ford", "^director", "^director").left is None


def test_a_plan_of_one_name_that_has_no_such_facts_is_told_so(look: Look) -> None:
    assert look("which films did Meg Ryan direct?", "^director").left is None
    assert look("did Meg Ryan direct Sleepless in Seattle?", "^director", "is", do="check").left is None


def test_it_ends_at_what_the_question_begins_with(look: Look) -> None:
    found = look("which directors have worked with Sigourney Weaver?", "^director")
    assert found.allows(m1="^starring/director")
    assert not found.allows(m1="^starring")
    both = look("who has directed both Harrison Ford and Sigourney Weaver?", "^director", "^director")
    assert both.allows(m1="^starring/director", m2="^starring/director")
    assert look("which directors have worked with Ridley Scott?", "^director").left is None, "he has films"


def test_what_is_looked_for_has_to_be_of_the_kind_of_the_ends(look: Look) -> None:
    found = look("has Tom Hanks been in a film by Robert Zemeckis?", "^starring", "is", do="check")
    assert found.ends_apart
    assert found.allows(m1="^starring/director", m2="is")
    assert not found.allows(m1="^starring/writer"), "of what the question leaves open, that which is so"
    written = look("has Tom Hanks been in a film written by Robert Zemeckis?", "^starring", "is", do="check")
    assert written.allows(m1="^starring/writer")
    assert not written.allows(m1="^starring/director"), "it does not leave that open"


def test_what_is_so_in_fewer_steps_is_not_looked_for_farther_away(look: Look) -> None:
    found = look("was Alien directed by Ridley Scott?", "genre", "is", do="check")
    assert found.allows(m1="director", m2="is")
    assert not found.allows(m1="genre/^genre/director")


def test_one_name_is_looked_at_from_the_others(look: Look) -> None:
    found = look("are Alien and Aliens both directed by Ridley Scott?", "is", "^sequel_of", "is", do="check")
    assert found.allows(m1="is", m2="is", m3="^director")
    assert not found.allows(m3="is")


def test_a_check_passes_the_relation_that_it_names(look: Look) -> None:
    found = look("is Blade Runner by the director of Alien?", "is", "^sequel_of", do="check")
    assert found.allows(m1="is", m2="director/^director")
    assert not found.allows(m2="^sequel_of")
    sequel = look("is Aliens by the director of Alien?", "is", "^sequel_of", do="check")
    assert sequel.left is None, "a plan that is so stays"
    assert look("is Jaws by the director of Alien?", "is", "^sequel_of", do="check").left is None


def test_no_name_is_left_out(look: Look) -> None:
    for other in ("-", "is"):
        found = look("how many comedies has Bill Murray been in?", "^genre", other, do="count")
        assert found.allows(m1="^genre", m2="^starring")
        assert not found.allows(m2="-")
    negated = look("comedies that are not by Woody Allen", "^genre", "-")
    assert negated.allows(m2="not ^director")
    assert not negated.allows(m2="^director")


def test_walks_that_are_too_long_are_cut(look: Look) -> None:
    found = look("films by the director of Alien with Harrison Ford", "director/^director/director", "^director")
    assert found.allows(m1="director/^director", m2="^starring")


@pytest.mark.parametrize(
    ("question", "paths", "plan"),
    [
        ("horror movies from 1979", ["^genre/year"], "list horror ^genre"),
        ("which years are the horror movies from", ["^genre/year"], "list horror ^genre/year"),
        ("who acts in films from 1982 by Ridley Scott", ["^director/starring"], "list Ridley Scott ^director/starring"),
        (
            "movies by Steven Spielberg that don't have Harrison Ford",
            ["^director", "^starring"],
            "list Steven Spielberg ^director, not Harrison Ford ^starring",
        ),
        ("films not by Ridley Scott", ["^director"], "list Ridley Scott ^director"),
    ],
)
def test_what_the_reading_leaves_no_choice_of_is_mended(look: Look, question: str, paths: list[str], plan: str) -> None:
    assert look(question, *paths).plan == plan


async def test_what_cannot_be_among_the_ends_is_not_denied(bookshop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SecondLook, "left", lambda *_: None)
    answer = await bookshop(planned("check", m1="is", m2="^genre")).aask("is Bram Stoker of the horror genre?")
    assert {one.label for one in answer.answers} == {"Dracula", "Frankenstein"}
    assert answer.text.startswith("The books with Horror as genre: ")


async def test_what_no_relation_states_is_not_answered_with_something_else(bookshop: Make) -> None:
    answer = await bookshop(planned(m1="publisher")).aask("where was Jane Austen born?")
    assert answer.text.startswith("I cannot tell: I know of nothing in the graph that “born” asks about. Ask me about ")
    assert (answer.answers, answer.verdict) == ([], None)


@pytest.mark.parametrize(
    ("probability", "question", "text"),
    [
        (
            0.6,
            "who wrote Dracula on holiday?",
            "I cannot tell: I know of nothing in the graph that “holiday” asks about.",
        ),
        (0.8, "who wrote Dracula on holiday?", "The author of Dracula: Bram Stoker."),
        (None, "who wrote Dracula on holiday?", "The author of Dracula: Bram Stoker."),
        (0.6, "who wrote Dracula?", "The author of Dracula: Bram Stoker."),
    ],
)
async def test_a_strange_word_tells_where_the_model_is_not_sure_either(
    bookshop: Make, probability: float | None, question: str, text: str
) -> None:
    answer = await bookshop(ScriptedGate(planned(m1="author"), probability=probability)).aask(question)
    assert answer.text.startswith(text)


async def test_the_rules_do_not_answer_a_part_of_a_question(bookshop: Make) -> None:
    gate = plans_in_turn({"m1": "influence", "m2": "influence"})
    answer = await bookshop(gate).aask("which books were written by Jane Austen and Bram Stoker?")
    assert not answer.answers
    assert answer.text.startswith("I cannot tell")


def test_a_walk_ends_at_the_noun_that_its_question_begins_with(look: Look) -> None:
    gives_way(look, "scenarists of the films with a score by Jerry Goldsmith", "^composer/starring", "^composer/writer")
    assert look("the scenarist of Alien also wrote movies", "writer/^writer").left is None


@pytest.mark.parametrize("question", ["films with Sigourney Weaver", "list all the movies starring Sigourney Weaver"])
def test_a_question_of_films_and_nothing_else_ends_at_films(look: Look, question: str) -> None:
    gives_way(look, question, "^starring/director", "^starring")


@pytest.mark.parametrize(
    ("question", "plan"),
    [
        ("what films with Sigourney Weaver were directed by whom", "^starring/director"),
        ("film directors for Sigourney Weaver", "^starring/director"),
        ("films with Sigourney Weaver and their directors", "^starring/director"),
        ("the films' directors of Sigourney Weaver", "^starring/director"),
        ("movies by Sigourney Weaver, filmmakers", "^starring/director"),
        ("films with Sigourney Weaver were directed by which people", "^starring/director"),
        ("who or what are films by the writer of Alien", "writer/^writer"),
        ("the films of those who wrote Alien", "writer/^writer"),
        ("films by the writer of Alien", "writer/^writer"),
    ],
)
def test_a_question_that_asks_for_the_ends_of_a_plan_does_not_speak_against_it(
    look: Look, question: str, plan: str
) -> None:
    assert look(question, plan).left is None


@pytest.mark.parametrize(
    ("question", "do"),
    [
        ("did Blade Runner come out before Alien?", "least year"),
        ("was Alien released after Blade Runner?", "most year"),
        ("did Alien come out earlier than Blade Runner?", "least year"),
    ],
)
def test_a_check_of_nothing_is_the_comparison_that_is_spoken_of(look: Look, question: str, do: str) -> None:
    found = look(question, THING, THING, do="check")
    assert found.left == {"m1": [THING], "m2": [THING]}
    assert found.does == [do]
    assert look("did Alien meet Blade Runner?", THING, THING, do="check").left is None


WHO, ELSE = ("writer/^director", "writer/^writer/director"), ("director", "director/^director")


@pytest.mark.parametrize(
    ("question", "plan", "meant"),
    [
        ("who directed films for the writer of Alien", *WHO),
        ("the films written by the screenwriter of Alien were directed by who?", *WHO),
        ("Whom were the films by the screenwriter of Alien directed by?", *WHO),
        ("what else did the director of Alien make", *ELSE),
        ("other movies by the director of Alien", *ELSE),
        ("which other films did the director of Alien make?", *ELSE),
        ("who scored movies that Sigourney Weaver stars in", "^starring/director", "^starring/composer"),
        ("has the director of Alien made anything else?", *ELSE),
        ("besides Alien, what has its director made?", *ELSE),
        ("the guy who directed Alien, what are his other movies", *ELSE),
        ("show me more by whoever directed Alien", *ELSE),
    ],
)
def test_who_asks_for_somebody_and_what_else_for_films(look: Look, question: str, plan: str, meant: str) -> None:
    gives_way(look, question, plan, meant)
    assert look("who is the director of Alien", "director").left is None


def test_a_plan_begins_with_the_fact_that_may_be_meant(look: Look) -> None:
    found = look("which composers worked on Sigourney Weaver's movies", "^director/composer")
    assert found.allows(m1="^starring/composer")
    assert not found.allows(m1="^director/composer")
    gives_way(
        look, "the composers of the scores for Sigourney Weaver movies", "^composer/composer", "^starring/composer"
    )
    said = look("which composers worked on the movies that Sigourney Weaver directed", "^director/composer")
    assert said.left is None, "that she directed none is the answer"


def test_a_plan_without_an_answer_is_doubted_where_no_word_speaks_of_it(look: Look) -> None:
    question = "what else did the composer of Alien score?"
    gives_way(look, question, "writer/^composer", "composer/^composer")


def test_a_question_may_put_its_topic_first(look: Look) -> None:
    found = look("Alien, what genres is that filed under", "genre/^genre")
    assert found.allows(m1="genre")
    assert not found.allows(m1="genre/^genre")


def test_a_word_that_tells_of_a_relation_speaks_of_it(look: Look) -> None:
    found = look("who did the soundtrack for movies starring Sigourney Weaver", "^starring/writer")
    assert found.allows(m1="^starring/composer")
    assert not found.allows(m1="^starring/writer")


def test_a_walk_passes_what_its_question_speaks_of(look: Look) -> None:
    question = "what genre are films of the nations which Alien originates from"
    gives_way(look, question, "director/^director/genre", "country/^country/genre")


def test_words_that_may_be_misheard_do_not_speak_against_a_plan_without_a_step_too_many(look: Look) -> None:
    assert look("who produced what Ridley Scott directed and scored", "^director").left is None


def test_of_several_walks_the_strange_one_passes_what_is_spoken_of(look: Look) -> None:
    found = look("films scored by Jerry Goldsmith and helmed by Ridley Scott", "^starring", "^director")
    assert found.allows(m1="^composer", m2="^director")


def test_somebodys_films_are_those_that_state_the_person_most_often(look: Look) -> None:
    found = look("when did Harrison Ford's movies come out", "^director/year")
    assert found.allows(m1="^starring/year")
    assert look("when did the movies that Ridley Scott directed come out", "^director/year").left is None


def test_what_is_left_out_is_left_out_as_the_rest_is_wanted(look: Look) -> None:
    found = look("films Harrison Ford did that don't have Sigourney Weaver", "^starring", "not ^director")
    assert found.allows(m1="^starring", m2="not ^starring")


def test_who_is_spoken_of_without_a_relation_is_meant_for_the_main_part(look: Look) -> None:
    gives_way(look, "composers who worked under Harrison Ford", "^director/composer", "^starring/composer")


def test_a_noun_and_a_name_ask_for_one_step(look: Look) -> None:
    gives_way(look, "the actors of Alien", "director/^starring/starring", "starring")
    assert look("the actors of the films by the director of Alien", "director/^director/starring").left is None


def test_a_check_begins_with_the_fact_that_is_asked_about(look: Look) -> None:
    found = look("did Jerry Goldsmith score the movie Alien", "^director", "is", do="check")
    assert found.allows(m1="^composer")
    assert not found.allows(m1="^director")


def test_films_by_somebody_are_films(look: Look) -> None:
    plan, meant = "^composer/director", "^composer/director/^director"
    gives_way(look, "all films by directors that Jerry Goldsmith has scored for", plan, meant)


@pytest.mark.parametrize(
    ("question", "plan", "meant"),
    [
        ("which films were directed by the director of Alien", "director", "director/^director"),
        (
            "the films that share directors with Alien are which films",
            "director/^director/director",
            "director/^director",
        ),
        ("which films were written by the director of Alien", "director", "director/^writer"),
    ],
)
def test_which_films_are_asked_for_films_are_the_answer(look: Look, question: str, plan: str, meant: str) -> None:
    gives_way(look, question, plan, meant)


def test_what_is_asked_of_films_need_be_no_films(look: Look) -> None:
    assert look("what film genres did the director of Alien work in", "director/^director/genre").left is None
    assert look("who directed which films with Sigourney Weaver", "^starring/director").left is None


def test_who_writes_scores_is_no_writer(look: Look) -> None:
    assert look("who writes the scores for Ridley Scott's films", "^director/composer").left is None
    assert look("what is Ridley Scott the director of", "^director").left is None


BANDS_OF, BANDMATES = ("associated_act/hometown", "^member/hometown"), ("associated_act", "^member/member")


@pytest.mark.parametrize(
    ("question", "plan", "meant"),
    [
        ("where are Jo Miller's bands from", *BANDS_OF),
        ("who are the bandmates of Jo Miller", *BANDMATES),
        ("who is in a band with Jo Miller?", *BANDMATES),
        ("banjo players?", "^member", "^instrument"),
        ("where are the banjo players from?", "^instrument/member/hometown", "^instrument/hometown"),
        ("bands that have someone from York", "^hometown/member", "^hometown/^member"),  # who has no members is one
    ],
)
def test_of_bands_are_meant_those_that_have_a_member(look_at_bands: Look, question: str, plan: str, meant: str) -> None:
    gives_way(look_at_bands, question, plan, meant)


def test_a_word_may_be_misheard_where_a_longer_walk_has_no_answer(look_at_bands: Look) -> None:
    """Derby is nobody's member."""
    assert look_at_bands("which artists from Derby are members", "^hometown").left is None


def test_acts_that_are_associated_are_not_ones_own(look_at_bands: Look) -> None:
    assert look_at_bands("where are Jo Miller's associated acts from", "associated_act/hometown").left is None
