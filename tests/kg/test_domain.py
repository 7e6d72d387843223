"""Domain folders: how they are found, and what they may name."""

import shutil
from pathlib import Path

import pytest

from kg.domain import Domain, Domains
from kg.errors import DomainError, GraphError, ManifestError, UnknownDomainError
from kg.manifest import MANIFEST_FILE, load_manifest
from kg.snapshot import open_snapshot


@pytest.fixture
def copied(tiny_domain: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_domain, tmp_path / "bookshop")


def opened(folder: Path) -> Domain:
    return Domain(folder, load_manifest(folder))


def with_manifest(folder: Path, old: str, new: str) -> Domain:
    path = folder / MANIFEST_FILE
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return opened(folder)


def test_an_imported_domain_is_found_by_name(copied: Path, tmp_path: Path) -> None:
    shutil.copytree(copied, tmp_path / "home" / "domains" / "bookshop")
    assert Domains(tmp_path / "home").find("bookshop").manifest.title == "A small bookshop"


def test_a_domain_is_found_by_its_folder(copied: Path, tmp_path: Path) -> None:
    assert Domains(tmp_path / "home").find(str(copied)).name == "bookshop"


def test_an_unknown_domain_lists_the_known_and_names_near_ones(copied: Path, tmp_path: Path) -> None:
    shutil.copytree(copied, tmp_path / "home" / "domains" / "bookshop")
    with pytest.raises(UnknownDomainError, match=r"no domain 'bookshp'. Did you mean bookshop.*Known: bookshop"):
        Domains(tmp_path / "home").find("bookshp")


def test_what_is_being_imported_is_no_domain_yet(copied: Path, tmp_path: Path) -> None:
    for name in (".bookshop.new", "bookshop.partial"):
        shutil.copytree(copied, tmp_path / "home" / "domains" / name)
    assert not {".bookshop.new", "bookshop.partial"} & Domains(tmp_path / "home").folders().keys()


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    Domains(tmp_path / "home").folders()
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", ["../../secret.ttl", "/etc/passwd", "sub/../../secret.ttl", ".."])
def test_a_path_outside_the_folder_is_refused(copied: Path, name: str) -> None:
    (copied.parent / "secret.ttl").write_text("", "utf-8")
    domain = with_manifest(copied, '"graph.ttl"', f'"{name}"')
    with pytest.raises(DomainError, match="lies outside the domain's folder"):
        _ = domain.graph_files


def test_a_link_that_leads_outside_is_refused(copied: Path) -> None:
    (copied.parent / "secret.ttl").write_text("", "utf-8")
    (copied / "link.ttl").symlink_to(copied.parent / "secret.ttl")
    with pytest.raises(DomainError, match="lies outside"):
        _ = with_manifest(copied, '"graph.ttl"', '"link.ttl"').graph_files


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('history = ["train.tsv"]', 'history = ["../train.tsv"]'),
        ('held_out = ["test.tsv"]', 'held_out = ["../test.tsv"]'),
        ('items = "items.tsv"', 'items = "../items.tsv"'),
    ],
)
def test_tables_outside_the_folder_are_refused(copied: Path, old: str, new: str) -> None:
    domain = with_manifest(copied, old, new)
    with pytest.raises(DomainError, match="lies outside"):
        domain.history([]) if "held_out" not in old else domain.held_out([])


def test_a_file_that_is_not_there_is_named(copied: Path) -> None:
    with pytest.raises(DomainError, match=r"names absent\.ttl, which is not there"):
        _ = with_manifest(copied, '"graph.ttl"', '"absent.ttl"').graph_files


def test_a_folder_is_no_file(copied: Path) -> None:
    (copied / "sub").mkdir()
    with pytest.raises(DomainError, match="names sub, which is not there"):
        _ = with_manifest(copied, '"graph.ttl"', '"sub"').graph_files


def test_the_fingerprint_follows_the_content(copied: Path) -> None:
    before = opened(copied).fingerprint
    assert opened(copied).fingerprint == before
    with (copied / "train.tsv").open("a") as table:
        table.write("gus\t1\t5\t1\n")
    assert opened(copied).fingerprint != before


def test_held_out_rows_do_not_change_the_fingerprint(copied: Path) -> None:
    before = opened(copied).fingerprint
    (copied / "test.tsv").write_text("user_id\titem_id\n", "utf-8")
    assert opened(copied).fingerprint == before


def test_a_graph_without_items_is_told(copied: Path, tmp_path: Path) -> None:
    domain = with_manifest(copied, "[items]", '[items]\nclass = "http://shop.example/vocab/Journal"')
    with pytest.raises(GraphError, match=r"holds no entity of class .*Journal"):
        open_snapshot(domain, tmp_path / "fitted")
    assert not (tmp_path / "fitted" / "graph").exists()


def test_a_broken_manifest_is_told_when_the_domain_is_opened(copied: Path, tmp_path: Path) -> None:
    (copied / MANIFEST_FILE).write_text("name = 1", "utf-8")
    with pytest.raises(ManifestError):
        Domains(tmp_path).find(str(copied))
