"""Questions of several names as people type them, read by the packaged model, whatever it plans first."""

from collections.abc import Iterator

import pytest

from agent.recommender import Recommender
from agent.settings import Settings

pytestmark = [pytest.mark.llm, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def films(model_server: Settings) -> Iterator[Recommender]:
    with Recommender.load("films", settings=model_server) as recommender:
        yield recommender


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("which films did Ridley Scott direct with Harrison Ford?", {"Blade Runner"}),
        ("films by the director of Alien with Harrison Ford", {"Blade Runner"}),
        ("which films from 1982 star Harrison Ford?", {"Blade Runner"}),
        ("horror movies from 1979", {"Alien"}),
        ("thrillers starring Harrison Ford", {"Blade Runner", "The Conversation", "The Fugitive", "Witness"}),
        ("who has directed both Harrison Ford and Sigourney Weaver?", {"Ridley Scott"}),
        ("which actors have played in both Star Wars and Blade Runner?", {"Harrison Ford"}),
        ("movies with Bill Murray that are not comedies", set()),
        ("who directed Alien and when was it released?", {"Ridley Scott"}),
    ],
)
def test_a_list_is_of_what_all_names_of_a_question_have(films: Recommender, question: str, labels: set[str]) -> None:
    assert {one.label for one in films.ask(question).answers} == labels


def test_what_is_negated_is_left_out(films: Recommender) -> None:
    by_him = {one.label for one in films.ask("which films did Steven Spielberg direct?").answers}
    with_him = {one.label for one in films.ask("movies by Spielberg starring Harrison Ford").answers}
    without = films.ask("movies by Spielberg that don't have Harrison Ford")
    assert {one.label for one in without.answers} == by_him - with_him
    assert with_him
    assert by_him - with_him


def test_a_count_counts_what_is_asked_for(films: Recommender) -> None:
    comedies = films.ask("what comedies did Bill Murray star in?")
    counted = films.ask("how many comedies has Bill Murray been in?")
    assert counted.text.startswith(f"{len(comedies.answers)}: ")
    assert "Ghostbusters" in {one.label for one in counted.answers}


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("did Harrison Ford ever work with Steven Spielberg?", "Yes: "),
        ("has Tom Hanks been in a film by Robert Zemeckis?", "Yes: "),
        ("has Tom Hanks been in a film written by Robert Zemeckis?", "No, as far as the graph knows: "),
        ("is Blade Runner by the director of Alien?", "Yes: "),
        ("are Alien and Aliens both directed by Ridley Scott?", "No, as far as the graph knows: "),
        ("was Alien released in 1979?", "Yes: "),
        ("was Alien released in 1980?", "No, this does not hold for Alien: "),
        ("did Meg Ryan direct Sleepless in Seattle?", "I cannot tell: "),
        ("which films did Meg Ryan direct?", "I cannot tell: "),
    ],
)
def test_a_yes_or_no_question_is_answered_in_its_own_sense(films: Recommender, question: str, begins: str) -> None:
    assert films.ask(question).text.startswith(begins)
