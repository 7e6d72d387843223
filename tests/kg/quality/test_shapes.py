"""Shapes: what is inferred, what a validation flags, and what an error in them does not break."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.domain import Domain
from kg.errors import ShapesError
from kg.quality import open_effective, read_view
from kg.quality.shapes import infer_shapes
from kg.quality.validation import Validation, read_shapes, validate
from kg.schema import infer_schema
from kg.snapshot import open_snapshot
from kg.types import Iri, Triple
from tests.kg.quality.conftest import WriteDomain

A = "http://a.example/"
MANY = "".join(
    f':b{n} a :Book, ex:CatalogItem ; rdfs:label "Book {n}" ; :author :p{n % 25} ; :year {1900 + n} .\n'
    f':p{n % 25} a :Person ; rdfs:label "Person {n % 25}" .\n'
    for n in range(150)
)
WRONG = ":b7 :author :b8 . :b9 :year 1909.5 . :b10 :year 1850 ."
HEAD = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix a: <http://a.example/> .
"""


def infer(domain: Domain) -> str:
    store = open_effective(domain)
    return infer_shapes(read_view(store, domain), infer_schema(store), domain.manifest.title)


def check(domain: Domain, shapes: str) -> Validation:
    domain.shapes_file.write_text(shapes, "utf-8")
    return validate(open_effective(domain), read_shapes(domain.shapes_file))


def fact(subject: str, predicate: str, obj: str, *, literal: bool = False) -> Triple:
    return Triple(Iri(A + subject), Iri(A + predicate), obj if literal else A + obj, literal)


def test_inferred_shapes_fit_the_graph_that_they_come_from(write_domain: WriteDomain) -> None:
    domain = write_domain(MANY)
    assert check(domain, infer(domain)) == Validation([], frozenset())


def test_inferred_shapes_say_class_datatype_range_and_counts(write_domain: WriteDomain) -> None:
    text = re.sub(r"\bn\d:", "n1:", infer(write_domain(MANY)))
    assert "sh:path n1:author ; sh:class n1:Person ; sh:maxCount 1 ]" in text
    year = "sh:path n1:year ; sh:datatype xsd:integer ; sh:minInclusive 1900 ; sh:maxInclusive 2049 ; sh:maxCount 1 ]"
    assert year in text
    assert "sh:path n1:author ; sh:minCount 1 ; sh:severity sh:Warning ]" in text
    assert "CatalogItem" not in text  # the same entities as Book, which tells more
    ox.Store().bulk_load(text.encode(), format=ox.RdfFormat.TURTLE)


def test_facts_that_fail_are_flagged_and_no_others(write_domain: WriteDomain) -> None:
    shapes = infer(write_domain(MANY))
    found = check(write_domain(MANY + WRONG), shapes)
    assert not found.conforms
    both = {fact("b7", "author", "b8"), fact("b7", "author", "p7")}  # one author too many: neither is to be trusted
    nine = {fact("b9", "year", "1909.5", literal=True), fact("b9", "year", "1909", literal=True)}
    ten = {fact("b10", "year", "1850", literal=True), fact("b10", "year", "1910", literal=True)}
    assert found.flagged == both | nine | ten


def test_a_missing_fact_is_told_and_flags_nothing(write_domain: WriteDomain) -> None:
    shapes = infer(write_domain(MANY))
    found = check(write_domain(MANY + ':b900 a :Book, ex:CatalogItem ; rdfs:label "Bare" .'), shapes)
    assert {(one.severity, one.constraint, one.focus) for one in found.results} == {("Warning", "MinCount", A + "b900")}
    assert (found.conforms, found.flagged) == (True, frozenset())


def test_an_inverse_path_flags_the_fact_as_it_stands(write_domain: WriteDomain) -> None:
    path = "sh:path [ sh:inversePath a:author ]"
    shapes = HEAD + f"a:S a sh:NodeShape ; sh:targetNode a:p0 ; sh:property [ {path} ; sh:class a:Play ] ."
    found = check(write_domain(":b0 :author :p0 . :b1 a :Play ; :author :p0 ."), shapes)
    assert found.flagged == {fact("b0", "author", "p0")}


def test_what_has_no_business_to_be_a_subject_is_flagged(write_domain: WriteDomain) -> None:
    shapes = HEAD + "a:S a sh:NodeShape ; sh:targetSubjectsOf a:author ; sh:class a:Book ."
    found = check(write_domain(":b0 a :Book ; :author :p0 . :p0 a :Person ; :author :b0 ."), shapes)
    assert found.flagged == {fact("p0", "author", "b0")}


NODE = "a:S a sh:NodeShape ; sh:targetClass a:B ; sh:property"
BROKEN = {
    "syntax": (HEAD + "a:S a sh:NodeShape ;\n  sh:property [ sh:path a:p ;; ] ]\n", "line 4: "),
    "unknown": (
        HEAD + f"# sh:minCuont\n{NODE}\n  [ sh:path a:p ; sh:minCuont 1 ] .",
        "line 5: SHACL has no term sh:minCuont",
    ),
    "number": (HEAD + f"\n\na:Sound a sh:NodeShape .\n{NODE} [ sh:path a:p ; sh:minCount 'two' ] .", "line 6: "),
    "pattern": (
        HEAD + f"{NODE} [ sh:path a:p ; sh:pattern '(' ] .",
        r"line 3: pySHACL cannot run it: error: missing \)",
    ),
    "bound": (
        HEAD + f"{NODE} [ sh:path a:p ; sh:maxInclusive a:x ] .",
        "line 3: pySHACL cannot run it: AssertionError",
    ),
    "prefix": (
        HEAD + f"{NODE} [ sh:path a:p ; sh:sparql [ sh:select 'SELECT $this WHERE {{ $this b:q 1 }}' ] ] .",
        "line 3: pySHACL cannot run it: Exception: Unknown namespace prefix : b",
    ),
    "query": (HEAD + f"{NODE} [ sh:path a:p ; sh:sparql [ sh:select 'SELEC' ] ] .", "line 3: .*ParseException"),
    "no path": (HEAD + f"{NODE} [ sh:class a:C ] .", "line 3: "),
}


@pytest.mark.parametrize(("shapes", "message"), BROKEN.values(), ids=BROKEN)
def test_an_error_names_file_and_line(write_domain: WriteDomain, shapes: str, message: str) -> None:
    domain = write_domain(MANY)
    domain.shapes_file.write_text(shapes, "utf-8")
    with pytest.raises(ShapesError, match=r"shapes\.ttl, " + message):
        read_shapes(domain.shapes_file)


def test_shapes_that_are_missing_are_told(write_domain: WriteDomain) -> None:
    with pytest.raises(ShapesError, match="thence kg shapes"):
        read_shapes(write_domain(MANY).shapes_file)


@pytest.mark.slow
def test_an_opened_domain_flags_and_a_broken_file_takes_nothing_away(write_domain: WriteDomain, tmp_path: Path) -> None:
    shapes = infer(write_domain(MANY))
    domain, told = write_domain(MANY + WRONG), list[str]()
    assert open_snapshot(domain, tmp_path / "fitted", told.append).flagged == frozenset()
    domain.shapes_file.write_text("@prefix oops", "utf-8")
    assert open_snapshot(domain, tmp_path / "fitted", told.append).flagged == frozenset()
    domain.shapes_file.write_text(shapes, "utf-8")
    snapshot = open_snapshot(domain, tmp_path / "fitted")
    wrong = fact("b7", "author", "b8")
    assert snapshot.is_flagged(wrong)
    assert wrong in snapshot.store
    domain.shapes_file.write_text(shapes + "\noops", "utf-8")
    assert open_snapshot(domain, tmp_path / "fitted", told.append).is_flagged(wrong)
    assert "shapes.ttl, line" in told[-1]


def test_pyshacl_does_not_write_into_the_shapes(write_domain: WriteDomain) -> None:
    domain = write_domain(MANY + WRONG)
    domain.shapes_file.write_text(infer(domain), "utf-8")
    shapes = read_shapes(domain.shapes_file)
    before = len(shapes)
    validate(open_effective(domain), shapes)
    assert len(shapes) == before
