"""Items as documents and vectors: what is said of them, in which order, built once and whole."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from kg.embeddings.text import BATCH, MAX_WORDS, SentenceEncoder, item_document, item_vectors
from kg.errors import ArtefactError
from kg.snapshot import Snapshot
from kg.types import Iri, Triple
from tests.fakes import BagOfWordsEncoder

BOOK = "http://shop.example/book/"


@pytest.fixture
def shop(tiny: Snapshot, tmp_path: Path) -> Snapshot:
    """The bookshop without text vectors."""
    return replace(tiny, folder=tmp_path / "fitted")


class BrokenEncoder(BagOfWordsEncoder):
    """Fails as a process does that is killed half-way."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        raise KeyboardInterrupt


class TestDocuments:
    def test_label_description_and_facts_are_told(self, tiny: Snapshot) -> None:
        assert item_document(tiny, BOOK + "dracula") == (
            "Dracula. Letters and diaries about a count who visits England.. "
            "author: Bram Stoker. genre: Horror. year: 1897"
        )

    def test_several_objects_are_told_in_order(self, tiny: Snapshot) -> None:
        assert item_document(tiny, BOOK + "frankenstein") == (
            "Frankenstein. author: Mary Shelley. genre: Horror, Science fiction. publisher: Emma. year: 1818"
        )

    def test_a_long_description_is_cut(self, tiny: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Snapshot, "description", lambda self, iri: "word " * 500)
        words = item_document(tiny, BOOK + "emma").split()
        assert len(words) == MAX_WORDS
        assert words[:3] == ["Emma.", "word", "word"]

    def test_of_many_objects_four_are_told(self, tiny: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
        genre = tiny.manifest.relations["genre"].iri
        many = [Triple(Iri(BOOK + "emma"), Iri(genre), str(number), literal=True) for number in reversed(range(9))]
        monkeypatch.setattr(
            type(tiny.store), "triples", lambda self, **pattern: many if pattern.get("predicate") == genre else []
        )
        assert item_document(tiny, BOOK + "emma") == "Emma. genre: 0, 1, 2, 3"


class TestVectors:
    def test_each_item_has_the_vector_of_its_document(self, shop: Snapshot) -> None:
        encoder = BagOfWordsEncoder()
        vectors = item_vectors(shop, encoder)
        assert (vectors.shape, str(vectors.dtype)) == ((8, 64), "float32")
        np.testing.assert_array_equal(vectors, encoder.encode([item_document(shop, item) for item in shop.items]))

    def test_texts_of_like_length_are_read_together(self, shop: Snapshot) -> None:
        encoder = BagOfWordsEncoder()
        item_vectors(shop, encoder)
        lengths = [len(text) for call in encoder.calls for text in call]
        assert lengths == sorted(lengths)

    def test_many_items_are_read_in_chunks_and_put_in_order(
        self, shop: Snapshot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kg.embeddings.text.BATCH", 1)  # 8 texts a chunk
        many = replace(shop, items=[*shop.items, *reversed(shop.items), shop.items[3]])
        encoder, told = BagOfWordsEncoder(), list[str]()
        vectors = item_vectors(many, encoder, told.append)
        assert [len(call) for call in encoder.calls] == [8, 8, 1]
        np.testing.assert_array_equal(vectors[:8], vectors[15:7:-1])
        np.testing.assert_array_equal(vectors[16], vectors[3])
        assert told == [f"Reading the books' texts ({done}/17)" for done in (0, 8, 16)]

    def test_they_are_made_once(self, shop: Snapshot) -> None:
        first, again = BagOfWordsEncoder(), BrokenEncoder()
        np.testing.assert_array_equal(item_vectors(shop, first), item_vectors(shop, again))
        assert len(first.calls) == 1

    def test_encoders_of_other_names_do_not_share_them(self, shop: Snapshot) -> None:
        small = BagOfWordsEncoder(8)
        small.name = "small"
        assert item_vectors(shop, BagOfWordsEncoder()).shape == (8, 64)
        assert item_vectors(shop, small).shape == (8, 8)

    def test_they_are_mapped_and_not_read(self, shop: Snapshot) -> None:
        vectors = item_vectors(shop, BagOfWordsEncoder())
        assert isinstance(vectors, np.memmap)
        assert not vectors.flags.writeable

    def test_a_failure_leaves_nothing(self, shop: Snapshot) -> None:
        with pytest.raises(KeyboardInterrupt):
            item_vectors(shop, BrokenEncoder())
        assert [path.name for path in shop.folder.iterdir() if path.is_dir()] == []
        assert item_vectors(shop, BagOfWordsEncoder()).shape == (8, 64)

    def test_a_damaged_file_is_told(self, shop: Snapshot) -> None:
        item_vectors(shop, BagOfWordsEncoder())
        (shop.folder / "text-bag-of-words" / "vectors.npy").write_bytes(b"no array")
        with pytest.raises(ArtefactError, match=r"cannot read the text vectors in .*; remove the folder"):
            item_vectors(shop, BagOfWordsEncoder())


def test_a_named_model_is_called_by_its_last_part() -> None:
    assert SentenceEncoder("someone/some-model").name == "some-model"
    assert SentenceEncoder().name == "all-MiniLM-L6-v2"
    assert BATCH > 0


@pytest.mark.slow
def test_the_real_encoder_gives_unit_vectors_that_mean_something() -> None:
    encoder = SentenceEncoder(device="cpu")
    vectors = encoder.encode(["a scary tale of a vampire", "a frightening vampire story", "how to file a tax return"])
    assert (vectors.shape, str(vectors.dtype)) == ((3, 384), "float32")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.6
    assert vectors[0] @ vectors[2] < 0.3
