"""Import of a dataset folder as a domain."""

import gzip
import shutil
from pathlib import Path

import pytest

from kg.domain import Domains
from kg.errors import DomainError, GraphError, InteractionsError, ThenceError
from kg.importing import import_domain
from kg.snapshot import Snapshot, open_snapshot

DBO = "http://dbpedia.org/ontology/"


@pytest.fixture
def source(tiny_domain: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    shutil.copyfile(tiny_domain / "graph.ttl", folder / "kg.ttl")
    for name in ("items.tsv", "train.tsv", "test.tsv"):
        shutil.copyfile(tiny_domain / name, folder / name)
    return folder


@pytest.fixture
def domains(tmp_path: Path) -> Domains:
    return Domains(tmp_path / "home")


def left_behind(domains: Domains) -> list[str]:
    return sorted(path.name for path in domains.imported.glob("*") if path.suffix != ".lock")


def test_a_folder_becomes_a_domain(source: Path, domains: Domains) -> None:
    domain = import_domain(source, "shop", domains).domain
    manifest = domain.manifest
    assert (manifest.name, manifest.items.noun, manifest.items.plural) == ("shop", "book", "books")
    assert set(manifest.relations) == {"author", "genre", "year", "publisher", "influenced_by"}
    assert manifest.interactions.history == ("train.tsv",)
    assert manifest.interactions.held_out == ("test.tsv",)
    assert (manifest.interactions.liked_from, manifest.interactions.scale) == (4.0, "1 to 5")
    assert domains.find("shop") == domain


def test_an_imported_domain_can_be_opened(source: Path, domains: Domains) -> None:
    domain = import_domain(source, "shop", domains).domain
    snapshot = open_snapshot(domain, domains.fitted(domain))
    assert (len(snapshot.items), len(snapshot.interactions.users)) == (8, 6)
    assert snapshot.label(snapshot.item("1")) == "Emma"


def test_packed_files_are_imported(source: Path, domains: Domains) -> None:
    for name in ("kg.ttl", "train.tsv"):
        (source / f"{name}.gz").write_bytes(gzip.compress((source / name).read_bytes()))
        (source / name).unlink()
    domain = import_domain(source, "shop", domains).domain
    assert domain.manifest.graph.files == ("kg.ttl.gz",)
    assert len(domain.history(open_snapshot(domain, domains.fitted(domain)).items).users) == 6


@pytest.mark.parametrize("name", ["", "Shop", "../shop", "a/b", "1shop", "shop.new", "x" * 42, "shöp", "shop\n"])
def test_a_name_that_cannot_be_is_refused(source: Path, domains: Domains, name: str) -> None:
    with pytest.raises(DomainError, match="a domain's name must match"):
        import_domain(source, name, domains)
    assert left_behind(domains) == []


def test_a_name_that_is_taken_is_refused(source: Path, domains: Domains) -> None:
    import_domain(source, "shop", domains)
    with pytest.raises(DomainError, match="there is a domain 'shop' already"):
        import_domain(source, "shop", domains)


def test_a_sample_cannot_be_replaced(source: Path, domains: Domains, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.domain.BUILT_IN", domains.home / "built_in")
    shutil.copytree(import_domain(source, "shop", domains).domain.folder, domains.home / "built_in" / "shop")
    shutil.rmtree(domains.imported)
    with pytest.raises(DomainError, match="there is a domain 'shop' already"):
        import_domain(source, "shop", domains, replace=True)


def test_replacing_takes_the_new_content(source: Path, domains: Domains) -> None:
    import_domain(source, "shop", domains)
    (source / "test.tsv").unlink()
    assert import_domain(source, "shop", domains, replace=True).domain.manifest.interactions.held_out == ()
    assert left_behind(domains) == ["shop"]


def test_replacing_ignores_what_an_interrupted_import_left(source: Path, domains: Domains) -> None:
    import_domain(source, "shop", domains)
    shutil.copytree(domains.imported / "shop", domains.imported / ".shop.new")
    (source / "test.tsv").unlink()
    assert import_domain(source, "shop", domains, replace=True).domain.manifest.interactions.held_out == ()


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("kg.ttl", b"broken", GraphError),
        ("kg.ttl", b"<http://a.example/s> <http://a.example/p> <http://a.example/o> .", GraphError),
        ("train.tsv", b"user_id\titem_id\trating\nann\t1\tgood\n", ThenceError),
        ("train.tsv", b"user_id\titem_id\trating\nann\t99\t5\n", InteractionsError),
        ("train.tsv", b"who\n", InteractionsError),
        ("train.tsv", b"user_id\titem_id\trating\nann\t1\tnan\n", ThenceError),
        ("train.tsv", b"user_id\titem_id\trating\n", InteractionsError),
        ("test.tsv", b"user_id\titem_id\nann\t99\n", InteractionsError),
        ("items.tsv", b"item_id\n1\n", InteractionsError),
    ],
)
def test_a_failed_replacement_keeps_the_old_one(
    source: Path, domains: Domains, name: str, content: bytes, error: type[ThenceError]
) -> None:
    before = import_domain(source, "shop", domains).domain.fingerprint
    (source / name).write_bytes(content)
    with pytest.raises(error):
        import_domain(source, "shop", domains, replace=True)
    assert domains.find("shop").fingerprint == before
    assert left_behind(domains) == ["shop"]


@pytest.mark.parametrize("missing", ["kg.ttl", "train.tsv"])
def test_a_missing_file_is_told(source: Path, domains: Domains, missing: str) -> None:
    (source / missing).unlink()
    with pytest.raises(DomainError, match="holds no"):
        import_domain(source, "shop", domains)
    assert left_behind(domains) == []


def test_a_missing_folder_is_told(domains: Domains, tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="is no folder"):
        import_domain(tmp_path / "absent", "shop", domains)


def test_predicates_with_one_local_name_are_both_kept(source: Path, domains: Domains) -> None:
    with (source / "kg.ttl").open("a") as graph:
        graph.write(":emma <http://other.example/author> p:wells . :trial <http://other.example/author> p:wells .")
    relations = import_domain(source, "shop", domains).domain.manifest.relations
    assert {relation.iri for relation in relations.values()} >= {
        "http://shop.example/vocab/author",
        "http://other.example/author",
    }


def test_the_real_films_are_imported(ml100k: Snapshot) -> None:
    assert (len(ml100k.items), len(ml100k.store), len(ml100k.interactions.users)) == (1663, 36797, 943)
    assert ml100k.manifest.items.noun == "film"
    names = "starring genre year producer writer distributor director composer cinematographer editor"
    assert list(ml100k.manifest.relations) == names.split()
    assert ml100k.manifest.interactions.liked_from == 4.0
    assert ml100k.label(ml100k.item("267")) == "unknown"


@pytest.mark.slow
def test_the_relation_that_the_real_music_says_twice_is_found(shared_data: Path, domains: Domains) -> None:
    imported = import_domain(shared_data / "lastfm", "lastfm", domains)
    assert imported.said_twice == {DBO + "associatedMusicalArtist": DBO + "associatedBand"}
    spoken = {relation.iri for relation in imported.domain.manifest.relations.values()}
    assert DBO + "associatedBand" in spoken
    assert DBO + "associatedMusicalArtist" not in spoken
    assert imported.domain.manifest.interactions.liked_from is None
