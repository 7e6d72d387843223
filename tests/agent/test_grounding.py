"""Whom a question means by a name that several entities have."""

from contextlib import closing
from pathlib import Path

import pytest

from agent.grounding import Grounder
from agent.interpretation import Interpretation, Period, Ref, Route
from agent.recommender import Recommender
from agent.settings import load_settings
from agent.toolbox import Toolbox
from tests.agent.conftest import film, open_quietly, write_odd
from tests.agent.fakes import ScriptedGate, planned

SHOP = "http://shop.example/"
EMMA = Ref(iri=SHOP + "book/emma", label="Emma", text="emma", rivals=[SHOP + "house/emma"])
TWIN = Ref(iri=film(8), label="Twin", text="Twin", rivals=["http://odd.example/person/6", film(9)])


@pytest.fixture(scope="module")
def grounder(toolbox: Toolbox) -> Grounder:
    return Grounder(toolbox.snapshot)


@pytest.fixture(scope="module")
def among_twins(odd: Toolbox) -> Grounder:
    return Grounder(odd.snapshot)


def asks(ref: Ref, *path: str, periods: list[Period] | None = None) -> Interpretation:
    return Interpretation(intent="ask", routes=[Route(ref=ref, path=[*path])], periods=periods or [])


@pytest.mark.parametrize(
    ("path", "iri"),
    [
        (["author"], "book/emma"),
        (["genre", "^genre"], "book/emma"),
        (["^publisher"], "house/emma"),
        (["^publisher", "author"], "house/emma"),
        (["influence"], "book/emma"),  # neither has one: the likelier owner stays
    ],
)
def test_the_owner_is_the_one_that_has_what_is_asked(grounder: Grounder, path: list[str], iri: str) -> None:
    meaning = grounder.grounded(asks(EMMA, *path))
    (route,) = meaning.routes
    assert (route.ref.iri, route.ref.rivals, route.path) == (SHOP + iri, [], path)
    assert meaning.unclear == {}


def test_a_name_of_one_entity_stays(grounder: Grounder) -> None:
    dracula = Ref(iri=SHOP + "book/dracula", label="Dracula", text="Dracula")
    meaning = asks(dracula, "publisher", periods=[Period(relation="year", low=1900, high=None, wanted=True)])
    assert grounder.grounded(meaning) == meaning


def test_several_owners_that_all_have_it_are_asked_about(among_twins: Grounder) -> None:
    meaning = among_twins.grounded(asks(TWIN, "director"))
    assert meaning.unclear == {"Twin": ["Twin (1988)", "Twin (1989)"]}


def test_the_owner_whose_name_is_written_so_to_the_letter_is_meant(among_twins: Grounder) -> None:
    alien, it = "http://odd.example/person/4", "http://odd.example/person/1"
    ref = Ref(iri=alien, label="Alien", text="It", rivals=[it])
    meaning = among_twins.grounded(asks(ref, "^director"))
    assert (meaning.routes[0].ref.iri, meaning.routes[0].ref.label, meaning.unclear) == (it, "It", {})
    otherwise = among_twins.grounded(asks(ref.model_copy(update={"text": "it"}), "^director"))
    assert otherwise.unclear == {"it": ["Alien (person)", "It (person)"]}


def test_a_person_and_films_of_one_name_are_told_apart_by_the_relation(among_twins: Grounder) -> None:
    meaning = among_twins.grounded(asks(TWIN, "^director"))
    assert meaning.routes[0].ref.iri == "http://odd.example/person/6"
    assert meaning.unclear == {}


def test_a_year_decides_between_owners_and_is_used_up(among_twins: Grounder) -> None:
    for year, number in ((1988, 8), (1989, 9)):
        period = Period(relation="year", low=year, high=year, wanted=True)
        meaning = among_twins.grounded(asks(TWIN, "director", periods=[period]))
        assert (meaning.routes[0].ref.iri, meaning.unclear, meaning.periods) == (film(number), {}, [])


def test_a_year_that_fits_all_owners_or_none_decides_nothing(among_twins: Grounder) -> None:
    for low, high in ((1980, 1990), (2000, 2010)):
        period = Period(relation="year", low=low, high=high, wanted=True)
        meaning = among_twins.grounded(asks(TWIN, "director", periods=[period]))
        assert meaning.unclear == {"Twin": ["Twin (1988)", "Twin (1989)"]}
        assert meaning.periods == [period]


def test_a_thing_held_up_is_the_owner_that_a_walk_can_end_at(grounder: Grounder) -> None:
    austen = Ref(iri=SHOP + "person/austen", label="Jane Austen", text="Jane Austen")
    meaning = asks(austen, "^author").model_copy(update={"do": "check", "things": [EMMA]})
    assert [ref.iri for ref in grounder.grounded(meaning).things] == [SHOP + "book/emma"]
    dracula = Ref(iri=SHOP + "book/dracula", label="Dracula", text="Dracula")
    meaning = asks(dracula, "publisher").model_copy(update={"do": "check", "things": [EMMA]})
    grounded = grounder.grounded(meaning)
    assert [(ref.iri, ref.rivals) for ref in grounded.things] == [(SHOP + "house/emma", [])]
    assert grounded.unclear == {}


def test_a_thing_compared_is_the_owner_that_has_the_number(grounder: Grounder, among_twins: Grounder) -> None:
    house = EMMA.model_copy(update={"iri": SHOP + "house/emma", "rivals": [SHOP + "book/emma"]})
    meaning = Interpretation(intent="ask", do="least year", things=[house])
    assert [ref.iri for ref in grounder.grounded(meaning).things] == [SHOP + "book/emma"]
    unclear = among_twins.grounded(Interpretation(intent="ask", do="least year", things=[TWIN])).unclear
    assert unclear == {"Twin": ["Twin (1988)", "Twin (1989)"]}


async def test_a_question_about_an_unclear_name_asks_back(odd: Toolbox, tmp_path: Path) -> None:
    gate = ScriptedGate(planned(m1="director"))
    with Recommender(odd, gate, load_settings(home=tmp_path)) as recommender:
        answer = await recommender.aask("who directed Twin?")
        assert answer.text == "“Twin” may be Twin (1988) or Twin (1989). Which one do you mean?"
        assert answer.answers == []
        dated = await recommender.aask("who directed Twin from 1989?")
    assert {one.label for one in dated.answers} == {"Robert Downey, Jr.", "Alien"}


def test_the_same_category_written_twice_is_not_asked_about(tmp_path: Path) -> None:
    twice = write_odd(tmp_path / "odd")
    graph = (twice / "graph.ttl").read_text("utf-8")
    more = "".join(
        f'<http://odd.example/genre/{name}> a v:Genre ; rdfs:label "{label}" .\n'
        for name, label in (("rap", "Gangsta rap"), ("Rap", "Gangsta Rap"))
    )
    of_rap = "".join(f"<{film(number)}> v:genre <http://odd.example/genre/rap> .\n" for number in range(3))
    graph += f"\n{more}{of_rap}<{film(4)}> v:genre <http://odd.example/genre/Rap> .\n"
    (twice / "graph.ttl").write_text(graph, "utf-8")
    with closing(open_quietly(twice, tmp_path / "home")) as opened:
        ref = Ref(
            iri="http://odd.example/genre/Rap",
            label="Gangsta Rap",
            text="gangsta rap",
            rivals=["http://odd.example/genre/rap"],
        )
        meaning = Grounder(opened.snapshot).grounded(asks(ref, "^genre"))
    assert meaning.unclear == {}
    assert meaning.routes[0].ref.label == "Gangsta rap", "the one with more facts"
