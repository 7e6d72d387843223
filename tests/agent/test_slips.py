"""Slips of the pen in what a request is made of are mended; names, and words that people write, stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reading import Reader
from agent.reading.slips import Slips
from kg.linking import Mention
from kg.snapshot import Snapshot

WORDS = ("film", "films", "years", "actor", "director", "directors", "write", "written", "genre", "genres")
ASKING = ("something", "from", "nothing", "folks", "recommend", "watched", "want")


@pytest.fixture
def slips() -> Slips:
    return Slips(WORDS, ASKING, lambda _: (), lambda word: word == "wriiten")


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("Sometihng like Alien", "Something like Alien"),
        ("sometihng by the direcotr of Alien", "something by the director of Alien"),
        ("flims writen by Ann", "films written by Ann"),  # of "write" and "written" the one that ends so
        ("reccomend somthing, recomend a film", "recommend something, recommend a film"),
        ("an acter", "an actor"),
        ("genrs", "genres"),  # of two that lack a letter the longer one
        ("films fom now", "films from now"),
        ("two slips: fimls, direcotrs", "two slips: films, directors"),
    ],
)
def test_a_word_that_is_one_slip_away_is_mended(slips: Slips, text: str, mended: str) -> None:
    assert slips.mended(text) == mended


@pytest.mark.parametrize(
    "text",
    [
        "something from the form",  # people write "form"
        "something like notting hill for a watcher",  # everybody's words are near to others
        "something folksy, wanty",
        'films called "direcotr"',
        "a filn",  # a short word with another letter is another word
        "a film by Direcotr",  # a capital makes it a name
        "the wriiten",  # somebody's last name
        "fm, frmo-x, d'actro",  # too short, or a part of a word
        "romcom sitcom",  # near to nothing
        "类型 genres",
        "",
    ],
)
def test_everything_else_stays(slips: Slips, text: str) -> None:
    assert slips.mended(text) == text


def test_what_the_linker_finds_a_name_in_is_left_to_it() -> None:
    text = "a film called direcotr, by a direcotr"
    named = Slips(WORDS, ASKING, lambda _: [Mention(14, 22, "direcotr", ())], lambda _: False)
    assert named.mended(text) == "a film called direcotr, by a director"


@given(st.sampled_from(WORDS + ASKING), st.integers(1, 20), st.text("abcdefghijklmnopqrstuvwxyz ", max_size=20))
def test_mended_once_is_mended_for_good(word: str, at: int, rest: str) -> None:
    slips = Slips(WORDS, ASKING, lambda _: (), lambda _: False)
    once = slips.mended(f"{word[:at]}{word[at + 1 :]} {rest}")
    assert slips.mended(once) == once


def test_a_wish_is_read_without_its_slips(tiny: Snapshot) -> None:
    reader = Reader(tiny)
    read = reader.read("sometihng by the auhtor of Dracula from the ninties")
    assert (read.rest, [one.label for one in read.names]) == ("", ["Bram Stoker"])
    assert [(one.low, one.high) for one in read.ranges] == [(1990.0, 1999.0)]
    assert reader.read("a book about a donut shop").rest == "donut shop"
    for text in ("books that dont have horror", "which ones cant Jane Austen have written"):
        assert reader.read(text, asks=True).text == text, "an apostrophe is no letter"
    assert reader.read("whcih bokos did Bram Stoker wirte?").is_question
