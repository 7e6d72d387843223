"""Labels by language, and the searches over them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import ArtefactError
from kg.labels import LabelIndex, build_labels, fold
from kg.manifest import GraphSettings
from kg.snapshot import Snapshot
from kg.store import GraphStore

BOOK, PERSON, GENRE = (f"http://shop.example/{kind}/" for kind in ("book", "person", "genre"))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("The War of the Worlds", "the war of the worlds"),
        ("  Amélie ", "amelie"),
        ("Heat's", "heats"),
        ("Sense & Sensibility", "sense and sensibility"),
        ("Mother!", "mother"),
        ("H. G. Wells", "h g wells"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("审判", "审判"),
        ("弗兰兹·卡夫卡", "弗兰兹 卡夫卡"),
        ("ＡＢＣ", "abc"),
        ("???", "???"),
        ("\x00\ud800", ""),
        ("", ""),
        ("  ", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_a_label_is_given_in_the_language_asked_for(tiny: Snapshot) -> None:
    assert tiny.label(BOOK + "trial", ["zh"]) == "审判"
    assert tiny.label(BOOK + "trial", ["de", "en"]) == "The Trial"
    assert tiny.label(BOOK + "trial") == "The Trial"


def test_a_language_without_label_falls_back(tiny: Snapshot) -> None:
    assert tiny.label(BOOK + "emma", ["zh"]) == "Emma"


def test_an_entity_without_label_is_called_by_its_iri(tiny: Snapshot) -> None:
    assert tiny.label("http://shop.example/book/Lost_Book") == "Lost Book"


def test_names_are_labels_then_aliases(tiny: Snapshot) -> None:
    assert tiny.labels.names(BOOK + "frankenstein") == ["Frankenstein", "The Modern Prometheus"]


def test_exact_ignores_a_leading_article(tiny: Snapshot) -> None:
    found = tiny.labels.exact(["trial", "the trial", "a trial", "trials"])
    assert {text: [hit.iri for hit in hits] for text, hits in found.items()} == {
        "trial": [BOOK + "trial"],
        "the trial": [BOOK + "trial"],
        "a trial": [BOOK + "trial"],
        "trials": [],
    }


def test_exact_without_texts_finds_nothing(tiny: Snapshot) -> None:
    assert tiny.labels.exact([]) == {}


@pytest.mark.slow
def test_exact_takes_many_texts(tiny: Snapshot) -> None:
    found = tiny.labels.exact(["emma", *(f"text {number}" for number in range(20_000))])
    assert len(found["emma"]) == 2


def test_prefix_puts_the_best_connected_first(tiny: Snapshot) -> None:
    assert tiny.labels.prefix("m")[0].label == "Mary Shelley"
    assert {hit.label for hit in tiny.labels.prefix("war of")} == {"The War of the Worlds"}


def test_similar_finds_a_slip(tiny: Snapshot) -> None:
    hit, similarity = tiny.labels.similar("frankenstien")[0]
    assert (hit.label, similarity > 0.9) == ("Frankenstein", True)


@pytest.mark.parametrize(
    "text", ["", "ab", '"', '""" OR "', "' OR 1=1 --", "x" * 5_000, "\x00\x00\x00", "\ud800\ud800\ud800"]
)
def test_no_text_breaks_a_search(tiny: Snapshot, text: str) -> None:
    tiny.labels.similar(fold(text))
    tiny.labels.prefix(fold(text))
    tiny.labels.exact([fold(text)])


def test_ending_finds_what_a_look_at_every_label_finds(films: Snapshot) -> None:
    folded = {fold(films.label(iri)) for iri in films.adjacency.entities}
    for end in ("ford", "de niro", "spielberg", "war", "lo", "???", "", "nobody at all"):
        hits = films.labels.ending(end, limit=100)
        assert [hit.degree for hit in hits] == sorted((hit.degree for hit in hits), reverse=True)
        assert {hit.folded for hit in hits if not hit.alias} == {one for one in folded if one.endswith(f" {end}")}


def test_a_wildcard_is_an_ordinary_character(tiny: Snapshot) -> None:
    assert tiny.labels.prefix("%") == []
    assert tiny.labels.exact(["e%"]) == {"e%": []}


def test_an_entity_without_label_is_found_by_its_local_name(tmp_path: Path) -> None:
    (tmp_path / "g.nt").write_text("<http://a.example/Old_House> <http://a.example/p> <http://a.example/x> .", "utf-8")
    store = GraphStore.from_files([tmp_path / "g.nt"])
    build_labels(tmp_path / "labels", store, GraphSettings(files=("g.nt",)))
    assert [hit.iri for hit in LabelIndex(tmp_path / "labels").exact(["old house"])["old house"]] == [
        "http://a.example/Old_House"
    ]


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_what_is_no_label_database_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "labels").write_bytes(content)
    with pytest.raises(ArtefactError, match="cannot read the label index"):
        LabelIndex(tmp_path / "labels")
    assert (tmp_path / "labels").exists() == (content is not None)
