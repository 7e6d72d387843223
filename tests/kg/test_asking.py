"""How people ask about relations: every known predicate has words, and each word has its place."""

import string
import tomllib
from importlib import resources

import pytest
from pydantic import ValidationError

from kg.asking import ASKING, asked_of, words_for_nothing
from kg.manifest import Asked, Manifest, Relation
from kg.snapshot import Snapshot

DIRECTOR = "http://dbpedia.org/ontology/director"


def table(name: str) -> dict[str, dict[str, object]]:
    return tomllib.loads(resources.files("kg").joinpath(name).read_text("utf-8"))


def manifest(iri: str, asked: Asked) -> Manifest:
    return Manifest.model_validate(
        {
            "name": "shop",
            "title": "Shop",
            "graph": {"files": ["g.ttl"]},
            "relations": {"director": Relation(iri=iri, noun="director", asked=asked)},
        }
    )


def test_every_predicate_of_the_phrasebook_can_be_asked_about() -> None:
    predicates = {key for key in table("phrasebook.toml") if "://" in key}
    assert len(predicates) > 10
    assert predicates <= set(table(ASKING))


SAID = [predicate for predicate, told in table(ASKING).items() if "said" in told]


def test_of_a_predicate_that_is_never_said_there_are_words_that_tell_of_it() -> None:
    others = {
        predicate: Asked.model_validate(told) for predicate, told in table(ASKING).items() if predicate not in SAID
    }
    assert others
    assert all(one.telling and one == Asked(nouns=one.nouns, telling=one.telling) for one in others.values())


@pytest.mark.parametrize("predicate", SAID)
def test_the_words_of_a_predicate_are_valid_and_said_once(predicate: str) -> None:
    asked = Asked.model_validate(table(ASKING)[predicate])
    for words in (asked.nouns, asked.said, asked.questions, asked.more, asked.most, asked.less, asked.least):
        assert len(set(words)) == len(words)
        assert all(word == word.strip() and not word.endswith(("?", ".")) for word in words)
    assert asked.nouns
    assert asked.said
    assert any("{s}" in one for one in asked.questions)


@pytest.mark.parametrize(
    ("field", "phrase"),
    [
        ("said", "{s} was made by {x}"),
        ("said", "{s} was made"),
        ("said", "{s} by {o} and {o}"),
        ("said", "{} by {o}"),
        ("questions", "who made {s} with {o}"),
        ("questions", "who made {x}"),
        ("questions", "who made what"),
        ("questions", "who made {s} and {s}"),
    ],
)
def test_an_unknown_placeholder_is_an_error(field: str, phrase: str) -> None:
    with pytest.raises(ValidationError, match="must hold"):
        Asked.model_validate({field: [phrase]})


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Asked.model_validate({"verbs": ["made"]})


def test_a_domain_adds_to_what_is_known_of_a_predicate() -> None:
    known = asked_of(manifest(DIRECTOR, Asked()), "director")
    assert "filmmaker" in known.nouns
    added = asked_of(manifest(DIRECTOR, Asked(nouns=("boss", "filmmaker"), most=("grandest",))), "director")
    assert added.nouns == (*known.nouns, "boss")
    assert (added.most, added.said) == (("grandest",), known.said)


def test_a_noun_for_the_items_is_none_for_a_relation() -> None:
    told = manifest(DIRECTOR, Asked())
    renamed = told.model_copy(update={"items": told.items.model_copy(update={"synonyms": ("filmmaker",)})})
    assert asked_of(renamed, "director").nouns == tuple(
        one for one in asked_of(told, "director").nouns if one != "filmmaker"
    )


def test_a_predicate_that_nobody_knows_has_the_words_of_its_domain_alone(tiny: Snapshot) -> None:
    assert asked_of(tiny.manifest, "author") == Asked()
    assert asked_of(manifest("http://a.example/x", Asked(nouns=("boss",))), "director") == Asked(nouns=("boss",))


def test_placeholders_are_those_that_a_question_fills() -> None:
    for told in table(ASKING).values():
        asked = Asked.model_validate(told)
        for phrase in (*asked.said, *asked.questions):
            fields = [name for _, name, spec, _ in string.Formatter().parse(phrase) if name is not None]
            assert set(fields) <= {"s", "o"}


def test_words_for_what_no_relation_states_are_none_of_the_domains_own(films: Snapshot) -> None:
    words = words_for_nothing(films.manifest)
    assert {"born", "price", "instrument"} <= words
    assert words.isdisjoint({"director", "directed", "sequel", "actor", "release year"})


def test_what_the_items_are_called_tells_of_nothing_else(films: Snapshot, tiny: Snapshot) -> None:
    assert "which book" not in words_for_nothing(tiny.manifest)
    lacking = films.manifest.model_copy(
        update={"relations": {name: one for name, one in films.manifest.relations.items() if name != "based_on"}}
    )
    assert "which book" in words_for_nothing(lacking)


def test_a_domain_that_has_something_of_the_kind_by_another_name_states_it() -> None:
    other = "http://shop.example/regisseur"
    assert words_for_nothing(manifest(other, Asked())).isdisjoint({"directed", "director"})
    for noun, word in (("filmmaker", "directed"), ("year", "what year"), ("birth place", "born")):
        named = Relation(iri=other, noun=noun)
        renamed = manifest(other, Asked()).model_copy(update={"relations": {"regisseur": named}})
        assert word not in words_for_nothing(renamed)
        assert "instrument" in words_for_nothing(renamed)
