"""Which relations the words of a question speak of, on the films."""

from collections.abc import Callable

import pytest

from agent.reading import Reader, Reading
from agent.rereading.spoken import SpokenRelations
from kg.snapshot import Snapshot

Hear = Callable[[str], Reading]


@pytest.fixture(scope="module")
def spoken(films: Snapshot) -> SpokenRelations:
    return SpokenRelations(films.manifest)


@pytest.fixture(scope="module")
def hear(films: Snapshot, spoken: SpokenRelations) -> Hear:
    reader = Reader(films)
    return lambda text: spoken.heard(reader.read(text, asks=True))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("who scored the films of Ridley Scott", [("composer", "scored")]),
        ("films with a score by Hans Zimmer", [("composer", "with a score by")]),
        (
            "scenarists of films that the maker of Alien helmed",
            [("writer", "scenarists"), ("director", "helmed")],
        ),
        (
            "which nations do the films by Ridley Scott originate from",
            [("country", "nations"), ("country", "originate from")],
        ),
        ("cast members of what Ridley Scott helmed", [("starring", "cast members"), ("director", "helmed")]),
        ("who worked with Ridley Scott", []),
        ("coſtumes and nationſ", []),
        ("who is listed as Alien's best", []),
        ("films by Ridley Scott", []),
        ("", []),
    ],
)
def test_words_that_one_relation_is_said_with_speak_of_it(
    hear: Hear, question: str, said: list[tuple[str, str]]
) -> None:
    heard = hear(question)
    assert [(cue, heard.text[start:end]) for cue, (start, end) in zip(heard.cues, heard.cue_spans, strict=True)] == said


def test_a_title_says_nothing(hear: Hear) -> None:
    assert hear("who made No Country for Old Men").cues == hear("who made Alien").cues


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("which cast members are in the films by Ridley Scott", "starring"),
        ("other scenarists of Alien", "writer"),
        ("tell me all the countries of origin of films by Ridley Scott", "country"),
        ("the scenarist of Alien also wrote movies", ""),
        ("the scenarists of Alien wrote which films", ""),
        ("who scored films by Ridley Scott", ""),
        ("films of scenarists from Alien", ""),
        ("films by Ridley Scott", ""),
    ],
)
def test_a_question_that_begins_with_a_noun_asks_for_it(
    hear: Hear, spoken: SpokenRelations, question: str, asked: str
) -> None:
    assert spoken.asked_for(hear(question)) == asked
