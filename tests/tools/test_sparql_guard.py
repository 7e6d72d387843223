"""The guard by itself: any text is either let through or refused with a reason, from any thread."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import QueryRefusedError
from tools.sparql_guard import check_query, extract_query

PIECES = [
    "SELECT",
    "*",
    "{",
    "}",
    "?s",
    "a",
    "rdfs:label",
    "'x'",
    "#",
    "\n",
    "\r",
    "SERVICE",
    "FROM",
    "<a:b>",
    "```",
    ";",
]


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=15).map(" ".join)))
def test_no_text_breaks_the_guard(text: str) -> None:
    try:
        guarded = check_query(f"SELECT * {{ {text} }}")
    except QueryRefusedError:
        return
    assert "\r" not in guarded.text


def test_many_threads_parse_at_once() -> None:
    queries = [f"SELECT ?s {{ ?s rdfs:label 'name {number}' }}" for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        assert [guarded.text for guarded in pool.map(check_query, queries)] == queries


def test_a_graph_that_the_store_holds_may_be_named() -> None:
    check_query("SELECT * { GRAPH <a:g> { ?s ?p ?o } }", graphs=["a:g"])
    with pytest.raises(QueryRefusedError, match="Valid: a:g"):
        check_query("SELECT * { GRAPH <a:h> { ?s ?p ?o } }", graphs=["a:g"])


def test_patterns_are_those_of_one_step() -> None:
    guarded = check_query("SELECT * { ?s rdfs:label ?l ; a <a:C> . ?s rdfs:seeAlso/rdfs:label ?x ; ^rdfs:label ?y }")
    assert [tuple(map(str, pattern)) for pattern in guarded.patterns] == [
        ("s", "http://www.w3.org/2000/01/rdf-schema#label", "l"),
        ("s", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "a:C"),
    ]


@pytest.mark.parametrize("tail", ["", "\nORDER BY ?s\nLIMIT 3", "\n\nLIMIT 3", " # }\nLIMIT 3", " GROUP BY ?s"])
@pytest.mark.parametrize("prose", ["", "\n\nI hope this helps!"])
def test_modifiers_after_the_query_are_kept_and_prose_is_not(tail: str, prose: str) -> None:
    query = "SELECT ?s WHERE { ?s a ?c }" + tail
    assert extract_query(f"I would ask:\n{query}{prose}") == query


PLACES = [
    "SELECT * { FILTER(~) }",
    "SELECT * { FILTER ~ }",
    "SELECT * { FILTER(!~) }",
    "SELECT * { FILTER(1 < 2 || 3 + 4 * IF(~, 1, 2) IN (5, 6)) }",
    "SELECT * { FILTER(?x IN (1, ~)) }",
    "SELECT * { FILTER(?x NOT IN (~, 1)) }",
    "SELECT * { FILTER(COALESCE(1, ~)) }",
    "SELECT * { FILTER(CONCAT('a', STR(~)) = 'b') }",
    "SELECT * { FILTER(REGEX(STR(~), 'a', 'i')) }",
    "SELECT * { FILTER(REPLACE('a', 'b', STR(~)) = 'c') }",
    "SELECT * { FILTER(SUBSTR('a', IF(~, 1, 2)) = 'c') }",
    "SELECT * { FILTER(<a:f>(~, 1)) }",
    "SELECT * { FILTER(<a:f>(1, ~)) }",
    "SELECT * { FILTER(-IF(~, 1, 2) < 0) }",
    "SELECT * { BIND(~ AS ?x) }",
    "SELECT (~ AS ?x) { ?s ?p ?o }",
    "SELECT (COUNT(~) AS ?x) { ?s ?p ?o }",
    "SELECT (COUNT(DISTINCT ~) AS ?x) { ?s ?p ?o }",
    "SELECT (GROUP_CONCAT(~; SEPARATOR=',') AS ?x) { ?s ?p ?o }",
    "SELECT (1 + SUM(IF(~, 1, 2)) AS ?x) { ?s ?p ?o }",
    "SELECT ?x { ?s ?p ?o } GROUP BY (~ AS ?x)",
    "SELECT (1 AS ?x) { ?s ?p ?o } GROUP BY (~)",
    "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING (~)",
    "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING (?s = 1) (~)",
    "SELECT ?s { ?s ?p ?o } ORDER BY DESC(~)",
    "SELECT ?s { ?s ?p ?o } ORDER BY ?s (~)",
    "SELECT * { { SELECT (~ AS ?x) { ?s ?p ?o } ORDER BY ?s } }",
    "SELECT * { { SELECT ?s { ?s ?p ?o } ORDER BY ~ } }",
    "SELECT * { { SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING ~ } }",
    "SELECT * { GRAPH ?g { FILTER(~) } }",
    "SELECT * { { } UNION { } UNION { FILTER(~) } }",
    "SELECT * { ?s ?p ?o . OPTIONAL { } . ?a ?b ?c MINUS { FILTER(~) } }",
    "SELECT * { FILTER NOT EXISTS { FILTER EXISTS { FILTER(~) } } }",
    "DESCRIBE ?s { FILTER(~) }",
    "DESCRIBE <a:a> { ?s ?p ?o } ORDER BY ~",
    "ASK { FILTER(~) }",
    "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(~) }",
    "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } ORDER BY ~",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("word", ["EXISTS", "NOT EXISTS"])
def test_a_service_is_seen_wherever_an_expression_may_stand(place: str, word: str) -> None:
    with pytest.raises(QueryRefusedError, match="SERVICE is refused"):
        check_query(place.replace("~", f"{word} {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }}"))


@pytest.mark.parametrize("place", PLACES)
def test_an_expression_without_service_may_stand_there(place: str) -> None:
    check_query(place.replace("~", "EXISTS { ?a ?b ?c }"))
