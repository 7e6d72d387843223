"""The schema that is inferred from the bookshop's graph."""

from pathlib import Path

from kg import namespaces as ns
from kg.schema import GraphSchema, infer_schema
from kg.snapshot import Snapshot
from kg.store import GraphStore

VOCAB = "http://shop.example/vocab/"


def inferred(tmp_path: Path, turtle: str) -> GraphSchema:
    (tmp_path / "g.ttl").write_text("@prefix a: <http://a.example/> .\n" + turtle, "utf-8")
    return infer_schema(GraphStore.from_files([tmp_path / "g.ttl"]))


def test_classes_are_counted_most_frequent_first(tiny: Snapshot) -> None:
    assert list(tiny.schema.classes.items()) == [
        (ns.CATALOG_ITEM, 8),
        (VOCAB + "Book", 8),
        (VOCAB + "Person", 5),
        (VOCAB + "Genre", 4),
        (VOCAB + "House", 2),
    ]


def test_a_relation_between_entities_has_domain_and_range(tiny: Snapshot) -> None:
    author = tiny.schema.relations[VOCAB + "author"]
    assert (author.count, author.domain, author.range) == (8, (ns.CATALOG_ITEM, VOCAB + "Book"), (VOCAB + "Person",))
    assert not author.is_numeric
    assert author.datatype == ""


def test_a_number_has_bounds(tiny: Snapshot) -> None:
    year = tiny.schema.relations[VOCAB + "year"]
    assert (year.minimum, year.maximum, year.datatype, year.range) == (1815, 1926, ns.XSD + "integer", ())


def test_a_text_is_no_number(tiny: Snapshot) -> None:
    label = tiny.schema.relations[ns.RDFS_LABEL]
    assert (label.count, label.is_numeric, label.datatype) == (24, False, ns.RDF + "langString")


def test_relations_come_most_frequent_first(tiny: Snapshot) -> None:
    counts = [relation.count for relation in tiny.schema.relations.values()]
    assert counts == sorted(counts, reverse=True)


def bounds(tmp_path: Path, *values: str) -> tuple[float | None, float | None]:
    turtle = "@prefix x: <http://www.w3.org/2001/XMLSchema#> .\n"
    turtle += "\n".join(f"a:s{at} a:number {value} ." for at, value in enumerate(values))
    found = inferred(tmp_path, turtle).relations["http://a.example/number"]
    return found.minimum, found.maximum


def test_an_ill_typed_number_does_not_count_as_one(tmp_path: Path) -> None:
    assert bounds(tmp_path, "1900", "1910", "'1990s'^^x:gYear") == (1900, 1910)


def test_infinity_and_nan_are_no_bounds(tmp_path: Path) -> None:
    assert bounds(tmp_path, "1.5e0", "2.5e0", "3e0", "'NaN'^^x:double", "'INF'^^x:double") == (1.5, 3.0)


def test_a_relation_of_mostly_texts_is_not_numeric(tmp_path: Path) -> None:
    assert bounds(tmp_path, "1", "'two'", "'three'") == (None, None)


def test_a_class_of_few_ends_is_noise(tmp_path: Path) -> None:
    many = "\n".join(f"a:x{n} a:by a:p{n} . a:p{n} a a:Person ." for n in range(200))
    schema = inferred(tmp_path, many + "\na:x a:by a:band . a:band a a:Band .")
    assert schema.relations["http://a.example/by"].range == ("http://a.example/Person",)


def test_a_saved_schema_is_the_same(tiny: Snapshot, tmp_path: Path) -> None:
    tiny.schema.save(tmp_path / "schema.json")
    assert GraphSchema.load(tmp_path / "schema.json") == tiny.schema
