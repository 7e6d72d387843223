"""What `domain.toml` may say, and how a mistake in it is told."""

from pathlib import Path

import pytest

from kg.errors import ManifestError
from kg.manifest import MANIFEST_FILE, Manifest, Relation, load_manifest

SMALL = """
name = "shop"
title = "Shop"
[graph]
files = ["g.ttl"]
[relations.maker]
iri = "http://a.example/maker"
noun = "maker"
"""


def load(folder: Path, text: str) -> Manifest:
    (folder / MANIFEST_FILE).write_text(text, "utf-8")
    return load_manifest(folder)


def test_what_is_left_out_has_defaults(tmp_path: Path) -> None:
    manifest = load(tmp_path, SMALL)
    assert manifest.items.noun == "item"
    assert manifest.items.item_class == "http://example.org/vocab/CatalogItem"
    assert manifest.interactions.liked_from is None
    assert manifest.relations["maker"].weight == 1.0


def test_a_folder_without_manifest_is_no_domain(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"is no domain folder: it has no domain\.toml"):
        load_manifest(tmp_path)


@pytest.mark.parametrize("text", ["name = ", "name = 'a'\nname = 'b'"])
def test_broken_toml_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(ManifestError, match=r"domain\.toml is not valid TOML"):
        load(tmp_path, text)


def test_bytes_that_are_no_text_are_no_toml(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_FILE).write_bytes(b"name = '\xff'")
    with pytest.raises(ManifestError, match="is not valid TOML"):
        load_manifest(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("colour = 'red'\n" + SMALL, "colour: Extra inputs are not permitted"),
        (SMALL + "colour = 'red'\n", r"relations\.maker\.colour: Extra inputs"),
        (SMALL.replace("[graph]", "[interactions]\nhistroy = ['a.tsv']\n[graph]"), r"interactions\.histroy: Extra"),
        (SMALL.replace('"shop"', '"My Shop"'), "name: String should match pattern"),
        (SMALL.replace('"shop"', '"../shop"'), "name: String should match pattern"),
        (SMALL.replace('"shop"', '""'), "name: String should match pattern"),
        (SMALL.replace("name = ", "nom = ", 1), "name: Field required"),
        (SMALL.replace('["g.ttl"]', "[]"), "graph: Value error, name either `files` or an `endpoint`"),
        (SMALL.replace("relations.maker", "relations.Maker"), "relations"),
        (SMALL.replace("http://a.example/maker", "maker"), r"relations\.maker\.iri: String should match"),
        (SMALL + "weight = 2\n", r"relations\.maker\.weight: Input should be less than or equal to 1"),
        (SMALL + "weight = nan\n", r"relations\.maker\.weight"),
        (SMALL + "[relations.maker.phrases.en]\nfact = ['{s} was made']\n", "must hold each of .'o', 's'. once"),
        (SMALL + "[relations.maker.phrases.en]\nfact = ['{s} {s} {o}']\n", "must hold each"),
        (SMALL + "[relations.maker.phrases.en]\nfact = ['{s} {o} {0}']\n", "must hold each"),
        (SMALL + "[relations.maker.phrases.en]\nfact = ['{s} {o}']\nshared = ['{a} and {b}']\n", "must hold each"),
        (SMALL + "[relations.maker.phrases.en]\nfact = []\n", "at least 1 item"),
        (SMALL + "[relations.maker.phrases.en]\nfact = ['{s!r} {o}']\n", "must hold each"),
        (SMALL + "[relations.maker.phrases.en]\nfact = ['{s} {o} }']\n", "no other brace"),
        (SMALL + "[relations.maker.phrases.en]\nfact = ['{ {s} {o}']\n", "no other brace"),
    ],
)
def test_a_mistake_names_the_key(tmp_path: Path, change: str, told: str) -> None:
    with pytest.raises(ManifestError, match=told):
        load(tmp_path, change)


def test_a_relation_without_phrases_is_said_plainly() -> None:
    said = Relation(iri="http://a.example/maker", noun="maker").said("en")
    assert said.fact[0].format(s="Tea", o="Ann") == "Tea has Ann as maker"
    assert said.shared[0].format(a="Tea", b="Jam", o="Ann") == "Tea and Jam share Ann as maker"


def test_a_language_without_phrases_falls_back_to_english(tmp_path: Path) -> None:
    manifest = load(tmp_path, SMALL + "[relations.maker.phrases.en]\nfact = ['{o} made {s}']\n")
    assert manifest.relations["maker"].said("zh").fact == ("{o} made {s}",)


def test_relations_are_found_by_predicate(tmp_path: Path) -> None:
    manifest = load(tmp_path, SMALL)
    assert manifest.relation_of("http://a.example/maker") == "maker"
    assert manifest.relation_of("http://a.example/other") is None
