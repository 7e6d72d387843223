"""Each check: what it finds, what it proposes, and what it leaves alone."""

from collections import Counter
from pathlib import Path

from kg import namespaces as ns
from kg.domain import Domain
from kg.quality import Finding, clean_view, find, finders
from kg.quality.kinds.hubs import outliers
from kg.snapshot import Snapshot
from tests.kg.quality.conftest import WriteDomain

A = "http://a.example/"
WOODS = ["ash", "beech", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine", "rowan", "willow"]
BOOKS = "".join(
    f':b{n} a :Book, ex:CatalogItem ; rdfs:label "Volume of {word}" ; :author :p{n % 4} ; :year {1900 + n} .\n'
    for n, word in enumerate(WOODS)
)
PEOPLE = "".join(
    f':p{n} a :Person ; rdfs:label "{name}" .\n'
    for n, name in enumerate(("Ada Lind", "Boris Holm", "Carla Voss", "Dario Penn"))
)


def found(domain: Domain, kind: str) -> list[Finding]:
    return find(clean_view(domain), [kind])


def entities(findings: list[Finding]) -> list[tuple[str, ...]]:
    return [tuple(iri.removeprefix(A) for iri in one.entities) for one in findings]


def changes(finding: Finding) -> tuple[list[str], list[str]]:
    removed, added = ([str(one).replace(A, "") for one in side] for side in (finding.change.remove, finding.change.add))
    return removed, added


def test_a_sound_graph_has_nothing_wrong(write_domain: WriteDomain) -> None:
    assert find(clean_view(write_domain(BOOKS + PEOPLE))) == []


def test_there_are_checks_of_ten_kinds() -> None:
    kinds = "dangling duplicate hub inverse item-twice literal relation-twice same-as self-loop unlabelled"
    assert sorted(finders()) == kinds.split()


def test_a_misspelt_double_that_shares_a_fact_is_found(write_domain: WriteDomain) -> None:
    double = ':x a :Person ; rdfs:label "Boris Hollm" . :b1 :author :x . :b5 :author :x .'
    one = found(write_domain(BOOKS + PEOPLE + double), "duplicate")
    assert entities(one) == [("x", "p1")]
    assert one[0].change.merged == (A + "x", A + "p1")


def test_a_remake_is_no_double(write_domain: WriteDomain) -> None:
    remake = ':x a :Book, ex:CatalogItem ; rdfs:label "Volume of ash" ; :author :p0 ; :year 1960 .'
    assert found(write_domain(BOOKS + PEOPLE + remake), "duplicate") == []


def test_a_sequel_is_no_double(write_domain: WriteDomain) -> None:
    sequel = ':x a :Book, ex:CatalogItem ; rdfs:label "Volume of ash II" ; :author :p0 .'
    assert found(write_domain(BOOKS + PEOPLE + sequel), "duplicate") == []


def test_a_brother_is_no_double(write_domain: WriteDomain) -> None:
    brother = ':x a :Person ; rdfs:label "Ida Lind" . :b0 :author :x . :b4 :author :x . :b8 :author :x .'
    assert found(write_domain(BOOKS + PEOPLE + brother), "duplicate") == []


def test_namesakes_that_share_nothing_are_not_sure(write_domain: WriteDomain) -> None:
    namesake = ':x a :Person ; rdfs:label "Ada Lind" . :b1 :author :x .'
    assert [one.confidence < 0.8 for one in found(write_domain(BOOKS + PEOPLE + namesake), "duplicate")] == [True]


def test_what_the_graph_says_is_the_same_is_found_once(write_domain: WriteDomain) -> None:
    same = ':x a :Person ; rdfs:label "A. L." ; owl:sameAs :p0 . :p0 owl:sameAs :x .'
    domain = write_domain(BOOKS + PEOPLE + same)
    assert entities(found(domain, "same-as")) == [("x", "p0")]


def test_a_relation_said_twice_is_found_and_the_spoken_one_stays(write_domain: WriteDomain) -> None:
    again = "".join(f":b{n} :aWriter :p{n % 4} .\n" for n in range(11))
    one = found(write_domain(BOOKS + PEOPLE + again), "relation-twice")
    assert entities(one) == [("aWriter", "author")]
    removed, added = changes(one[0])
    assert (len(removed), added) == (11, [])


def test_an_inverse_relation_is_found_and_what_it_alone_says_is_turned_round(write_domain: WriteDomain) -> None:
    inverse = "".join(f":p{n % 4} :wrote :b{n} .\n" for n in range(12)) + ":p0 :wrote :b1 ."
    one = found(write_domain(BOOKS + PEOPLE + inverse), "inverse")
    assert entities(one) == [("wrote", "author")]
    removed, added = changes(one[0])
    assert (len(removed), added) == (13, ["<b1> <author> <p0>"])


def test_a_symmetric_relation_is_not_its_own_inverse(write_domain: WriteDomain) -> None:
    friends = "".join(f":p{n} :knows :p{m} .\n" for n in range(4) for m in range(4) if n != m)
    assert found(write_domain(BOOKS + PEOPLE + friends), "inverse") == []


def test_a_self_loop_is_found(write_domain: WriteDomain) -> None:
    one = found(write_domain(BOOKS + PEOPLE + ":b3 :author :b3 ."), "self-loop")
    assert [changes(finding) for finding in one] == [(["<b3> <author> <b3>"], [])]


def test_a_literal_gives_way_to_the_entity_of_that_name(write_domain: WriteDomain) -> None:
    one = found(write_domain(BOOKS + PEOPLE + ':b1 :author "ada lind"@en .'), "literal")
    assert [changes(finding) for finding in one] == [(['<b1> <author> "ada lind"@en'], ["<b1> <author> <p0>"])]


def test_a_literal_that_names_two_entities_is_taken_out_only(write_domain: WriteDomain) -> None:
    namesake = ':x a :Person ; rdfs:label "Ada Lind" . :b2 :author :x . :b1 :author "Ada Lind" .'
    one = found(write_domain(BOOKS + PEOPLE + namesake), "literal")
    assert [changes(finding)[1] for finding in one] == [[]]


def test_a_dangling_reference_is_turned_to_the_one_that_is_meant(write_domain: WriteDomain) -> None:
    people = PEOPLE.replace(":p0 ", ":Ada_Lind ")
    books = BOOKS.replace(":author :p0", ":author :Ada_Lind")
    one = found(write_domain(books + people + ":b1 :author :Ada_Lnid ."), "dangling")
    assert [changes(finding) for finding in one] == [(["<b1> <author> <Ada_Lnid>"], ["<b1> <author> <Ada_Lind>"])]


def test_references_out_of_the_graph_are_meant(write_domain: WriteDomain) -> None:
    pages = "".join(f":b{n} :page <http://web.example/{n}> .\n" for n in range(12))
    assert found(write_domain(BOOKS + PEOPLE + pages), "dangling") == []


def test_an_entity_without_a_label_gets_its_alias(write_domain: WriteDomain) -> None:
    one = found(write_domain(BOOKS + PEOPLE + ':x a :Person ; skos:altLabel "Eva Brand" .'), "unlabelled")
    assert [changes(finding)[1] for finding in one] == [[f'<x> <{ns.RDFS_LABEL}> "Eva Brand"']]


def test_a_hub_is_out_of_line_and_large_ones_among_large_ones_are_not() -> None:
    degrees = Counter({f"e{n}": 1 + n % 5 for n in range(200)})
    assert outliers(degrees) == []
    assert [iri for iri, _, _ in outliers(degrees | Counter({"hub": 60}))] == ["hub"]
    assert outliers(Counter({f"e{n}": 1000 // (n + 1) for n in range(200)})) == []


def test_an_item_under_two_ids_is_found(write_domain: WriteDomain) -> None:
    one = found(write_domain(BOOKS + PEOPLE, f"1 {A}b1\n2 {A}b2\n7 {A}b1\n"), "item-twice")
    assert entities(one) == [("b1", "1", "7")]
    assert not one[0].change


def test_the_doubled_items_of_the_real_data_are_found(shared_data: Path, ml100k: Snapshot) -> None:
    lines = (shared_data / "ml100k" / "duplicates.tsv").read_text("utf-8").splitlines()[1:]
    expected = {frozenset(line.split("\t")[:2]) for line in lines}
    findings = find(clean_view(ml100k.domain), ["item-twice"])
    assert {frozenset(one.entities[1:]) for one in findings} == expected
    assert len(expected) == 19
