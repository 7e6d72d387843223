"""Evidence: what meets the wish, what is shared with examples and history, and nothing of what is avoided."""

from pathlib import Path

import pytest

from agent.evidence import Evidence, Fact, Moved, Shared
from agent.finding import CHOSEN, TELLING, EvidenceFinder
from agent.interpretation import Interpretation, Period, Ref
from agent.toolbox import Toolbox
from kg.types import Iri, Triple
from tests.agent.conftest import open_quietly
from tests.conftest import write_bookshop

BOOK, GENRE, PERSON = (f"http://shop.example/{kind}/" for kind in ("book", "genre", "person"))
VOCAB = "http://shop.example/vocab/"
ANYTHING = Interpretation(intent="recommend")


def book(name: str) -> Iri:
    return Iri(BOOK + name)


def ref(iri: str) -> Ref:
    return Ref(iri=iri, label=iri.rpartition("/")[2], text="")


def triple(subject: str, relation: str, obj: str, *, literal: bool = False) -> Triple:
    return Triple(Iri(subject), Iri(VOCAB + relation), obj, literal)


@pytest.fixture(scope="module")
def finder(toolbox: Toolbox) -> EvidenceFinder:
    return EvidenceFinder(toolbox)


def wish(**roles: list[Ref]) -> Interpretation:
    return Interpretation.model_validate({"intent": "recommend", **roles})


def test_without_wish_or_history_the_most_telling_facts_are_left(finder: EvidenceFinder) -> None:
    chosen = finder.choose(book("dracula"), ANYTHING, {}, [])
    assert chosen == (
        Fact("author", triple(BOOK + "dracula", "author", PERSON + "stoker"), book("dracula")),
        Fact("genre", triple(BOOK + "dracula", "genre", GENRE + "horror"), book("dracula")),
    )


def test_of_two_facts_of_which_one_says_the_other_one_is_left(tmp_path: Path) -> None:
    folder = write_bookshop(tmp_path / "shop")
    graph = folder / "graph.ttl"
    told = (
        ':dracula v:genre g:gothic, g:night .\ng:gothic rdfs:label "Gothic Horror"@en . g:night rdfs:label "Night"@en .'
    )
    graph.write_text(f"{graph.read_text('utf-8')}\n{told}\n", "utf-8")
    opened = open_quietly(folder, tmp_path / "home")
    chosen = EvidenceFinder(opened).choose(book("dracula"), ANYTHING, {}, [])
    opened.close()
    named = [opened.snapshot.label(piece.triples[0].object) for piece in chosen]
    assert {"Bram Stoker", "Night"} <= set(named)
    assert len({"Horror", "Gothic Horror"} & set(named)) == 1


def test_a_number_of_an_item_is_no_evidence(tmp_path: Path) -> None:
    folder = write_bookshop(tmp_path / "shop")
    graph = folder / "graph.ttl"
    told = (
        ':dracula v:genre g:one . g:one rdfs:label "Dracula (novel) 1"@en . '
        ':castle v:genre g:two . :trial v:genre g:two . g:two rdfs:label "The Castle 2"@en .'
    )
    graph.write_text(f"{graph.read_text('utf-8')}\n{told}\n", "utf-8")
    opened = open_quietly(folder, tmp_path / "home")
    chosen = {name: EvidenceFinder(opened).choose(book(name), ANYTHING, {}, []) for name in ("dracula", "castle")}
    opened.close()
    named = {name: [piece.triples[0].object for piece in pieces] for name, pieces in chosen.items()}
    assert GENRE + "one" not in named["dracula"]
    assert GENRE + "horror" in named["dracula"]
    assert GENRE + "two" in named["castle"]  # another item has it, so it is more than a number


def test_what_meets_the_wish_comes_first(finder: EvidenceFinder) -> None:
    chosen = finder.choose(book("frankenstein"), wish(want=[ref(GENRE + "scifi")]), {}, [])
    genre = triple(BOOK + "frankenstein", "genre", GENRE + "scifi")
    assert chosen[0] == Fact("genre", genre, book("frankenstein"), wished=True)
    preferred = finder.choose(book("frankenstein"), wish(prefer=[ref(GENRE + "horror")]), {}, [])
    assert preferred[0].triples[0].object == GENRE + "horror"


def test_a_period_is_met_by_the_year(finder: EvidenceFinder) -> None:
    meaning = ANYTHING.model_copy(update={"periods": [Period(relation="year", low=1890, high=1899, wanted=True)]})
    chosen = finder.choose(book("dracula"), meaning, {}, [])
    assert chosen[0] == Fact("year", triple(BOOK + "dracula", "year", "1897", literal=True), book("dracula"))


def test_what_is_shared_with_the_example_comes_first(finder: EvidenceFinder) -> None:
    chosen = finder.choose(book("persuasion"), wish(like=[ref(BOOK + "emma")]), {}, [])
    triples = tuple(triple(BOOK + one, "author", PERSON + "austen") for one in ("persuasion", "emma"))
    assert chosen[0] == Shared("author", book("persuasion"), book("emma"), PERSON + "austen", triples)


def test_what_is_shared_with_the_history_carries_its_value(finder: EvidenceFinder) -> None:
    history = {book("trial"): 5.0, book("emma"): 1.0}
    chosen = finder.choose(book("castle"), ANYTHING, history, [book("trial")])
    assert isinstance(chosen[0], Shared)
    assert (chosen[0].other, chosen[0].value) == (book("trial"), 5.0)


def test_history_that_did_not_move_the_score_is_no_evidence(finder: EvidenceFinder) -> None:
    chosen = finder.choose(book("castle"), ANYTHING, {book("trial"): 1.0}, [])
    assert not any(isinstance(piece, Shared) for piece in chosen)


def test_what_adds_most_is_told_only_if_it_is_liked(finder: EvidenceFinder) -> None:
    def told(*moved: Iri) -> list[Iri]:
        history = {book("dracula"): 5.0, book("emma"): 2.0}
        chosen = finder.choose(book("castle"), ANYTHING, history, list(moved))
        return [piece.other for piece in chosen if isinstance(piece, Moved)]

    assert told(book("dracula"), book("emma")) == [book("dracula")]
    assert told(book("emma"), book("dracula")) == []


def test_a_relation_that_tells_little_is_not_shared(finder: EvidenceFinder, toolbox: Toolbox) -> None:
    assert toolbox.snapshot.manifest.relations["publisher"].weight < TELLING
    chosen = finder.choose(book("persuasion"), wish(like=[ref(BOOK + "emma")]), {}, [])
    assert "publisher" not in {piece.relation for piece in chosen if isinstance(piece, Shared)}


def everything_said(piece: Evidence) -> set[str]:
    return {end for one in piece.triples for end in (one.subject, one.object)}


@pytest.mark.parametrize("avoided", [GENRE + "horror", PERSON + "shelley", PERSON + "austen", GENRE + "scifi"])
def test_what_is_avoided_is_never_evidence(finder: EvidenceFinder, toolbox: Toolbox, avoided: str) -> None:
    items = [Iri(one) for one in toolbox.snapshot.items]
    for item in items:
        others = [one for one in items if one != item]
        meaning = wish(avoid=[ref(avoided)], like=[ref(one) for one in others[:3]])
        chosen = finder.choose(item, meaning, dict.fromkeys(others, 5.0), others)
        assert not any(avoided in everything_said(piece) for piece in chosen)
        assert not any(avoided in path.entities for path in finder.paths(item, meaning, others))


def test_evidence_is_true_distinct_and_about_the_item(finder: EvidenceFinder, toolbox: Toolbox) -> None:
    items = [Iri(one) for one in toolbox.snapshot.items]
    for item in items:
        for example in items:
            chosen = finder.choose(item, wish(like=[ref(example)]), dict.fromkeys(items, 4.0), items)
            assert 1 <= len(chosen) <= CHOSEN
            assert len(set(chosen)) == len(chosen)
            for piece in chosen:
                assert all(one in toolbox.snapshot.store for one in piece.triples)
                assert piece.item == item
                assert isinstance(piece, Moved) or item in everything_said(piece)
                assert not isinstance(piece, Shared) or piece.other != item


def test_nothing_is_said_of_an_item_without_facts(finder: EvidenceFinder) -> None:
    assert finder.choose(book("unheard_of"), wish(like=[ref(BOOK + "emma")]), {}, [book("trial")]) == ()
    assert finder.paths(book("unheard_of"), wish(like=[ref(BOOK + "emma")]), [book("trial")]) == ()


def test_paths_go_from_the_examples_and_the_history_to_the_item(finder: EvidenceFinder) -> None:
    meaning = wish(like=[ref(BOOK + "dracula")])
    paths = finder.paths(book("frankenstein"), meaning, [book("last_man")])
    assert {path.entities[0] for path in paths} <= {book("dracula"), book("last_man")}
    assert {path.entities[-1] for path in paths} == {book("frankenstein")}
    assert [path.score for path in paths] == sorted((path.score for path in paths), reverse=True)
