"""The yardsticks for texts and claims, on sentences whose faults are known."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.answer import Claim, HistoryFact
from eval import grounding_checks
from eval.grounding_checks import PRAISE, commonest, n_words, named_words, sentences, skeleton, unsupported_words
from eval.grounding_claims import CitationCheck
from kg.snapshot import Snapshot
from kg.types import Iri

SHOP = "http://shop.example/"
EMMA, TRIAL, DRACULA, WORLDS = (Iri(f"{SHOP}book/{name}") for name in ("emma", "trial", "dracula", "worlds"))
PERSUASION, AUSTEN = Iri(f"{SHOP}book/persuasion"), f"{SHOP}person/austen"
AUTHOR, YEAR = f"{SHOP}vocab/author", f"{SHOP}vocab/year"
HISTORY = {EMMA: 5.0, DRACULA: 2.0}
FACTS = ["Persuasion and Emma | same author | Jane Austen; you rated Emma 5 out of 5", "Persuasion | year | 1817"]
BY_AUSTEN = [(str(PERSUASION), AUTHOR, AUSTEN), (str(EMMA), AUTHOR, AUSTEN)]


def test_the_documented_examples_are_right() -> None:
    assert doctest.testmod(grounding_checks).failed == 0


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("One. Two! Three? Four", [], ["One.", "Two!", "Three?", "Four"]),
        ("It is by H. G. Wells. Read it.", ["H. G. Wells"], ["It is by H. G. Wells.", "Read it."]),
        ("It is by H. G. Wells.", [], ["It is by H.", "G.", "Wells."]),
        ("He said “no.” Then he left.", [], ["He said “no.”", "Then he left."]),
        ("  ", [], []),
        ("", ["X"], []),
    ],
)
def test_sentences_end_where_no_name_goes_on(text: str, names: list[str], expected: list[str]) -> None:
    assert sentences(text, names) == expected


@given(st.lists(st.sampled_from(["Emma is by Jane Austen.", "You rated it 5!", "Is it?"]), max_size=5))
def test_no_word_is_lost_between_sentences(parts: list[str]) -> None:
    assert sentences(" ".join(parts), ["Jane Austen", "Emma"]) == parts


def test_skeletons_of_one_mould_are_equal() -> None:
    one = skeleton(
        "Emma was written by Jane Austen, and you rated Dracula 4 out of 5.", ["Emma", "Jane Austen", "Dracula"]
    )
    two = skeleton(
        "The Trial was written by Franz Kafka, and you rated The War of the Worlds 3 out of 5.",
        ["The Trial", "Franz Kafka", "The War of the Worlds"],
    )
    assert one == two == "X was written by X, and you rated X 0 out of 0."
    assert skeleton("You rated Emma 5.", ["Emma"]) != skeleton("Emma has 5 from you.", ["Emma"])


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("It is by Mary Shelley and Kafka.", [], "It is by X and X."),
        ("Science fiction is its genre.", ["science fiction"], "X is its genre."),
        (
            "Like three books that you liked, it is from the 1990s.",
            [],
            "Like 0 books that you liked, it is from the 0s.",
        ),
        ("I think I'd like it.", [], "I think I'd like it."),
    ],
)
def test_names_and_numbers_are_masked(text: str, names: list[str], expected: str) -> None:
    assert skeleton(text, names) == expected


def test_words_are_counted() -> None:
    assert n_words("The War of the Worlds, from 1898, is well-known: it's by H. G. Wells.") == 14
    assert n_words("") == 0


@pytest.mark.parametrize(
    ("sentence", "stray"),
    [
        ("Persuasion and Emma were both written by Jane Austen.", []),
        ("Persuasion came out in 1817, and you rated Emma 5 out of 5.", []),
        ("Persuasion came out in 1818.", ["1818"]),
        ("Persuasion is of the 1810s, not of the 1820s.", ["1820s"]),
        ("Emma is based on Persuasion by Jane Austen.", []),  # lenient: a wrong relation passes
        ("Persuasion is Austen's best book.", ["best"]),
        ("Persuasion is a masterpiece by Bram Stoker.", ["Bram", "Stoker", "masterpiece"]),
        ("I think you will like it, since it is Jane Austen’s.", []),
        ("Spielberg liked it.", []),  # lenient: the first word of a sentence has its capital anyway
        ("It won an award.", ["won", "award"]),
    ],
)
def test_the_lenient_yardstick(sentence: str, stray: list[str]) -> None:
    assert unsupported_words(sentence, FACTS) == stray


def test_what_follows_from_two_years_is_supported() -> None:
    facts = [*FACTS, "Emma | year | 1801"]
    assert unsupported_words("Persuasion is 16 years newer than Emma.", facts) == []
    assert unsupported_words("Persuasion is 17 years newer than Emma.", facts) == ["17"]


def test_praise_that_is_part_of_a_name_is_none() -> None:
    facts = ["The Best Years | genre | Cult fiction"]
    assert unsupported_words("The Best Years is cult fiction.", facts) == []
    assert unsupported_words("It is a cult favourite.", facts) == ["favourite"]
    assert all(word == word.casefold() for word in PRAISE)


@given(st.sampled_from(FACTS), st.sampled_from(["Zanzibar", "1234", "brilliant"]), st.integers(1, 6))
def test_one_stray_word_is_enough(fact: str, word: str, place: int) -> None:
    words = fact.split()
    assert unsupported_words(" ".join(words), FACTS) == []
    assert unsupported_words(" ".join([*words[:place], word, *words[place:]]), FACTS) == [word]


def test_words_that_name() -> None:
    assert named_words("You liked Emma in 1990, I know") == ["Emma", "1990"]
    assert named_words("Emma was liked", inside=True) == ["Emma"]


def test_the_commonest_of_nothing() -> None:
    assert commonest([]) == 0.0


@pytest.fixture(scope="session")
def citations(tiny: Snapshot) -> CitationCheck:
    return CitationCheck(tiny, "5")


def claim(
    text: str, triples: list[tuple[str, str, str]] | None = None, history: list[HistoryFact] | None = None
) -> Claim:
    return Claim(text=text, triples=triples or [], history=history or [])


def rated(iri: Iri, label: str, value: float) -> HistoryFact:
    return HistoryFact(iri=iri, label=label, value=value)


def years(*pairs: tuple[Iri, int]) -> list[tuple[str, str, str]]:
    return [(str(iri), YEAR, str(year)) for iri, year in pairs]


@pytest.mark.parametrize(
    "true",
    [
        claim("Persuasion and Emma were both written by Jane Austen", BY_AUSTEN),
        claim("Like Emma, it was written by Jane Austen", BY_AUSTEN),
        claim("You rated Emma 5 out of 5", history=[rated(EMMA, "Emma", 5)]),
        claim("Persuasion came out in 1817", years((PERSUASION, 1817))),
        claim("Persuasion is two years newer than Emma", years((PERSUASION, 1817), (EMMA, 1815))),
        claim("Both are from the 1810s", years((PERSUASION, 1817), (EMMA, 1815))),
        claim("Like two books that you liked", history=[rated(EMMA, "Emma", 5), rated(DRACULA, "Dracula", 2)]),
    ],
)
def test_what_is_cited_may_be_said(citations: CitationCheck, true: Claim) -> None:
    assert citations.problems([true], "Persuasion", HISTORY, []) == [""]


@pytest.mark.parametrize(
    ("false", "told"),
    [
        (claim("Persuasion was written by Jane Austen"), "it cites nothing"),
        (claim("Persuasion was written by Franz Kafka", BY_AUSTEN), "names what it does not cite: Franz, Kafka"),
        (claim("Kafka wrote Persuasion", BY_AUSTEN), "names what it does not cite: Kafka"),
        (claim("Persuasion was written", [(str(PERSUASION), AUTHOR, SHOP)]), "a cited triple is not in the graph"),
        (claim("It is by Jane Austen", [(str(TRIAL), AUTHOR, AUSTEN)]), "a cited triple is not in the graph"),
        (claim("You rated Emma 4 out of 5", history=[rated(EMMA, "Emma", 4)]), "a cited rating is not in the history"),
        (claim("You rated Emma 4 out of 5", history=[rated(EMMA, "Emma", 5)]), "counts what it does not cite: 4"),
        (claim("You rated The Trial 5", history=[rated(TRIAL, "The Trial", 5)]), "is not in the history: The Trial 5"),
        (claim("You rated Emma 5 out of 10", history=[rated(EMMA, "Emma", 5)]), "counts what it does not cite: 10"),
        (claim("Persuasion came out in 1818", years((PERSUASION, 1817))), "counts what it does not cite: 1818"),
        (claim("Both are from the 1820s", years((PERSUASION, 1817), (EMMA, 1815))), "does not cite: 1820s"),
        (
            claim("It is three years newer", years((PERSUASION, 1817), (EMMA, 1815))),
            "counts what it does not cite: three",
        ),
        (claim("Like three books that you liked", history=[rated(EMMA, "Emma", 5)]), "does not cite: three"),
    ],
)
def test_what_is_not_cited_is_named(citations: CitationCheck, false: Claim, told: str) -> None:
    assert told in citations.problems([false], "Persuasion", HISTORY, [])[0]


@given(st.data())
def test_corrupting_a_cited_triple_is_seen(citations: CitationCheck, data: st.DataObject) -> None:
    place, part = data.draw(st.integers(0, 1)), data.draw(st.integers(0, 2))
    rows = [list(row) for row in BY_AUSTEN]
    rows[place][part] += "x"
    broken = claim("Persuasion and Emma were both written by Jane Austen", [(a, b, c) for a, b, c in rows])
    assert citations.problems([broken], "Persuasion", HISTORY, []) != [""]


def test_claims_of_the_same_words_share_what_they_cite(citations: CitationCheck) -> None:
    words = "Persuasion is a book by Jane Austen from 1817"
    by, year = claim(words, BY_AUSTEN[:1]), claim(words, years((PERSUASION, 1817)))
    assert citations.problems([by, year], "Persuasion", HISTORY, []) == ["", ""]
    assert all(citations.problems([by], "Persuasion", HISTORY, []))
    assert all(citations.problems([by, claim("It is from 1817", year.triples)], "Persuasion", HISTORY, [])[:1])


def moved(*values: float, iri: Iri = EMMA) -> Claim:
    """Say that an item of the history adds most to as many scores as there are values."""
    entries = [rated(iri, "Emma", value) for value in values]
    return Claim(
        text="Nothing in your history speaks for it more than Emma", history=[rated(EMMA, "Emma", 5)], scores=entries
    )


def test_what_adds_most_must_add_most_of_all_that_adds(citations: CitationCheck) -> None:
    def told(one: Claim, *added: dict[Iri, float]) -> str:
        return citations.problems([one], "Persuasion", HISTORY, added)[0]

    assert told(moved(0.5), {EMMA: 0.5, DRACULA: 0.4}) == ""
    assert "does not" in told(moved(0.5), {EMMA: 0.5, DRACULA: 0.5})  # of two that add the same none adds most
    assert "does not: Emma, cited 0.5000; most where it adds nothing" in told(moved(0.5), {EMMA: 0.5, DRACULA: 0.6})
    assert "cited 0.5000; most where it adds 0.6000" in told(moved(0.5), {EMMA: 0.6, DRACULA: 0.4})
    assert "does not" in told(moved(0.5), {DRACULA: 0.4})
    assert "does not" in told(moved(0.5), {})


def test_what_speaks_for_two_of_a_list_speaks_for_no_more_and_no_fewer(citations: CitationCheck) -> None:
    def told(one: Claim, *added: dict[Iri, float]) -> str:
        return citations.problems([one], "", HISTORY, added)[0]

    both, one, none = {EMMA: 0.5}, {EMMA: 0.3, DRACULA: 0.1}, {EMMA: 0.2, DRACULA: 0.4}
    assert told(moved(0.5, 0.3), both, one, none) == ""
    assert "does not" in told(moved(0.5, 0.3), both, one, one)
    assert "does not" in told(moved(0.5, 0.3), both, none)
    assert "does not" in told(moved(0.5, 0.2), both, one, none)
