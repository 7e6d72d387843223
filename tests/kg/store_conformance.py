"""What every triple store must do, wherever its triples are: a store's tests inherit these and say how to fill one."""

import pyoxigraph as ox
import pytest

from kg.store import TripleStore
from kg.types import Iri, Triple

A = "http://a.example/"
XSD = "http://www.w3.org/2001/XMLSchema#"

TURTLE = """
@prefix a: <http://a.example/> .
@prefix x: <http://www.w3.org/2001/XMLSchema#> .
a:dracula a:author a:stoker ; a:genre a:horror , a:gothic ; a:title "Dracula"@en , "德古拉"@zh , "Dracula" ;
    a:year 1897 ; a:rating 4.5 ; a:ebook true ; a:released "1897-05-26"^^x:date ; a:first "1897"^^x:gYear ;
    a:note "" , "said \\"no\\"\\nand \\\\ left" , "Dracula"@de .
a:carmilla a:author a:fanu ; a:genre a:gothic ; a:title "Carmilla"@en .
<http://a.example/nosférå> a:author a:murnau ; a:genre a:horror ; a:title "Nosférå" .
a:stoker a:knows a:stoker , [ a:title "a blank node" ] .
[] a:author a:stoker .
"""

DRACULA = Iri(A + "dracula")
FACTS = {
    ("author", A + "stoker", False),
    ("genre", A + "gothic", False),
    ("genre", A + "horror", False),
    ("title", "Dracula", True),
    ("title", "德古拉", True),
    ("year", "1897", True),
    ("rating", "4.5", True),
    ("ebook", "true", True),
    ("released", "1897-05-26", True),
    ("first", "1897", True),
    ("note", "", True),
    ("note", 'said "no"\nand \\ left', True),
    ("note", "Dracula", True),
}
N_STATEMENTS = 21
"""Without blank nodes; "Dracula" is a title with a language, and without one."""

N_TRIPLES = 24


def many(n_subjects: int, n_objects: int) -> str:
    """Return a hub with many triples around it, each way, as Turtle."""
    out = "".join(f"<{A}hub> <{A}has> <{A}part{at:05}> .\n" for at in range(n_objects))
    return out + "".join(f"<{A}whole{at:05}> <{A}in> <{A}hub> .\n" for at in range(n_subjects))


def fact(predicate: str, obj: str, *, literal: bool = False, subject: str = DRACULA) -> Triple:
    return Triple(Iri(subject), Iri(A + predicate), obj, literal)


class StoreConformance:
    """Inherit, and give a fixture `store` that is filled with `TURTLE`."""

    def test_the_facts_of_a_subject_are_all_there(self, store: TripleStore) -> None:
        found = [(one.predicate.removeprefix(A), one.object, one.literal) for one in store.triples(subject=DRACULA)]
        assert set(found) == FACTS

    def test_a_subject_is_found_by_its_predicate_and_object(self, store: TripleStore) -> None:
        found = store.triples(predicate=A + "genre", obj=A + "horror")
        assert sorted(one.subject for one in found) == [DRACULA, A + "nosférå"]

    def test_what_points_at_an_object_is_found(self, store: TripleStore) -> None:
        assert sorted(store.triples(obj=A + "stoker")) == [
            fact("author", A + "stoker"),
            fact("knows", A + "stoker", subject=A + "stoker"),
        ]

    def test_the_triples_of_a_predicate_are_all_there(self, store: TripleStore) -> None:
        found = store.triples(predicate=A + "author")
        assert sorted((one.subject.removeprefix(A), one.object.removeprefix(A)) for one in found) == [
            ("carmilla", "fanu"),
            ("dracula", "stoker"),
            ("nosférå", "murnau"),
        ]

    def test_the_relations_between_two_entities_are_found(self, store: TripleStore) -> None:
        assert list(store.triples(subject=DRACULA, obj=A + "gothic")) == [fact("genre", A + "gothic")]

    def test_a_triple_wholly_named_is_found(self, store: TripleStore) -> None:
        assert list(store.triples(DRACULA, A + "genre", A + "gothic")) == [fact("genre", A + "gothic")]
        assert list(store.triples(DRACULA, A + "genre", A + "romance")) == []

    def test_the_whole_graph_leaves_blank_nodes_out(self, store: TripleStore) -> None:
        found = list(store.statements())
        assert len(found) == len(set(found)) == N_STATEMENTS
        assert {str(one) for one in store.statements(subject=A + "stoker")} == {
            f"<{A}stoker> <{A}knows> <{A}stoker>",
        }

    def test_the_size_counts_blank_nodes_too(self, store: TripleStore) -> None:
        assert len(store) == N_TRIPLES

    def test_literals_keep_language_and_datatype(self, store: TripleStore) -> None:
        titles = {one.object for one in store.statements(DRACULA, A + "title")}
        assert titles == {
            ox.Literal("Dracula", language="en"),
            ox.Literal("德古拉", language="zh"),
            ox.Literal("Dracula"),
        }
        told = {
            name: next(store.statements(DRACULA, A + name)).object for name in ("year", "rating", "released", "first")
        }
        assert told == {
            "year": ox.Literal("1897", datatype=ox.NamedNode(XSD + "integer")),
            "rating": ox.Literal("4.5", datatype=ox.NamedNode(XSD + "decimal")),
            "released": ox.Literal("1897-05-26", datatype=ox.NamedNode(XSD + "date")),
            "first": ox.Literal("1897", datatype=ox.NamedNode(XSD + "gYear")),
        }

    @pytest.mark.parametrize(
        ("triple", "held"),
        [
            (fact("author", A + "stoker"), True),
            (fact("author", A + "fanu"), False),
            (fact("author", A + "stoker", literal=True), False),
            (fact("title", "德古拉", literal=True), True),
            (fact("title", "德古", literal=True), False),
            (fact("note", "", literal=True), True),
            (fact("note", 'said "no"\nand \\ left', literal=True), True),
            (fact("ebook", "true", literal=True), True),
            (fact("year", "1897", literal=True), True),
            (fact("title", "Nosférå", literal=True, subject=A + "nosférå"), True),
            (fact("author", "no IRI"), False),
            (fact("author", "a> . ?s ?p ?o } #"), False),
            (fact("author", A + "stoker", subject="no IRI"), False),
        ],
    )
    def test_membership(self, store: TripleStore, triple: Triple, held: bool) -> None:
        assert (triple in store) is held

    @pytest.mark.parametrize(
        ("iri", "held"),
        [(DRACULA, True), (A + "horror", True), (A + "genre", False), ("Dracula", False), ("", False), ("<x>", False)],
    )
    def test_subjects_and_objects_are_entities(self, store: TripleStore, iri: str, held: bool) -> None:
        assert store.has_entity(iri) is held

    def test_what_is_no_iri_matches_nothing(self, store: TripleStore) -> None:
        assert list(store.triples(subject="no IRI")) == []
        assert list(store.statements(predicate="x> ?p ?o } #")) == []
        assert list(store.triples(obj="Dracula")) == []


class LargeStoreConformance:
    """Inherit, and give a fixture `large` that is filled with `many(n, m)`, and `n_subjects`, `n_objects`."""

    n_subjects: int
    n_objects: int

    def test_the_many_objects_of_a_hub_are_all_there(self, large: TripleStore) -> None:
        found = [one.object for one in large.triples(A + "hub", A + "has")]
        assert sorted(found) == [f"{A}part{at:05}" for at in range(self.n_objects)]

    def test_the_many_subjects_of_a_hub_are_all_there(self, large: TripleStore) -> None:
        found = [one.subject for one in large.triples(obj=A + "hub")]
        assert sorted(found) == [f"{A}whole{at:05}" for at in range(self.n_subjects)]

    def test_everything_is_there_once(self, large: TripleStore) -> None:
        assert len(set(large.statements())) == len(list(large.triples())) == len(large)
        assert len(large) == self.n_objects + self.n_subjects
