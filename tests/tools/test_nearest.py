"""Nearest items: exact, in catalogue order where scores are equal, and only what is allowed."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.snapshot import Snapshot
from kg.types import Iri
from tests.fakes import BagOfWordsEncoder
from tools.errors import DimensionError, ToolError
from tools.nearest import NearestItems, VectorIndex

Vectors = npt.NDArray[np.float32]
BOOK = "http://shop.example/book/"

# Cosines to (1, 0): 1, 0.8, 0.8, 0.6, 0, -1.
SIX: Vectors = np.array([[0.6, 0.8], [0.8, 0.6], [-1, 0], [1, 0], [0.8, -0.6], [0, 1]], np.float32)
EAST: Vectors = np.array([[1, 0]], np.float32)


def unit(rng: np.random.Generator, n: int, dim: int) -> Vectors:
    vectors = rng.standard_normal((n, dim)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def reference(vectors: Vectors, query: Vectors, k: int, allowed: npt.NDArray[np.bool_]) -> list[int]:
    cosines = (vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1).astype(np.float32)
    order = np.argsort(-np.where(allowed, cosines, -np.inf), kind="stable")
    return [int(column) for column in order if allowed[column]][:k]


@pytest.fixture(params=[torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def dtype(request: pytest.FixtureRequest) -> torch.dtype:
    chosen: torch.dtype = request.param
    return chosen


class TestVectorIndex:
    def test_the_nearest_come_first(self, torch_device: str, dtype: torch.dtype) -> None:
        columns, scores = VectorIndex(SIX, torch_device, dtype).nearest(EAST, k=6)
        assert columns.tolist() == [[3, 1, 4, 0, 5, 2]]
        np.testing.assert_allclose(scores, [[1, 0.8, 0.8, 0.6, 0, -1]], atol=1e-6)
        assert (str(columns.dtype), str(scores.dtype)) == ("int64", "float32")

    def test_of_equal_scores_the_cut_keeps_the_first(self, torch_device: str, dtype: torch.dtype) -> None:
        index = VectorIndex(SIX, torch_device, dtype)
        assert index.nearest(EAST, k=2)[0].tolist() == [[3, 1]]
        assert index.nearest(EAST, k=3)[0].tolist() == [[3, 1, 4]]

    def test_more_ties_than_places_keep_catalogue_order(
        self, torch_device: str, dtype: torch.dtype, rng: np.random.Generator
    ) -> None:
        for n in range(8, 140, 3):
            same = np.repeat(unit(rng, 1, 384), n, axis=0)
            columns, scores = VectorIndex(same, torch_device, dtype).nearest(unit(rng, 3, 384), k=7)
            assert columns.tolist() == [[0, 1, 2, 3, 4, 5, 6]] * 3
            assert all(len(set(row)) == 1 for row in scores.tolist())

    def test_every_query_has_its_own_list(self, torch_device: str) -> None:
        queries = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
        columns, _ = VectorIndex(SIX, torch_device).nearest(queries, k=2)
        assert columns.tolist() == [[3, 1], [5, 0], [2, 5]]

    @pytest.mark.parametrize(("k", "expected"), [(1, [1]), (2, [1, 0]), (4, [1, 0, 5, 2]), (9, [1, 0, 5, 2])])
    def test_only_allowed_items_come_back(self, torch_device: str, k: int, expected: list[int]) -> None:
        allowed = np.array([True, True, True, False, False, True])
        columns, _ = VectorIndex(SIX, torch_device).nearest(EAST, k=k, allowed=allowed)
        assert columns.tolist() == [expected]

    def test_nothing_allowed_gives_empty_lists(self, torch_device: str) -> None:
        columns, scores = VectorIndex(SIX, torch_device).nearest(
            np.repeat(EAST, 2, axis=0), k=3, allowed=np.zeros(6, bool)
        )
        assert columns.shape == scores.shape == (2, 0)

    def test_a_k_beyond_the_catalogue_gives_all_of_it(self, torch_device: str) -> None:
        assert VectorIndex(SIX, torch_device).nearest(EAST, k=100)[0].shape == (1, 6)

    @pytest.mark.parametrize("k", [0, -1])
    def test_a_k_below_one_is_refused(self, k: int) -> None:
        with pytest.raises(ToolError, match=f"k must be at least 1, got {k}"):
            VectorIndex(SIX, "cpu").nearest(EAST, k=k)

    @pytest.mark.parametrize("query", [np.ones((1, 3), np.float32), np.ones(2, np.float32)])
    def test_a_query_of_another_shape_is_refused(self, query: Vectors) -> None:
        with pytest.raises(DimensionError, match=r"must have shape \(n, 2\), got"):
            VectorIndex(SIX, "cpu").nearest(query, k=1)

    def test_similarities_are_cosines_in_catalogue_order(self, torch_device: str) -> None:
        similarities = VectorIndex(SIX, torch_device).similarities(EAST[0])
        np.testing.assert_allclose(similarities, [0.6, 0.8, -1, 1, 0.8, 0], atol=1e-6)
        with pytest.raises(DimensionError):
            VectorIndex(SIX, torch_device).similarities(np.ones(3, np.float32))

    @settings(deadline=None, max_examples=80)
    @given(
        seed=st.integers(0, 2**32 - 1),
        n=st.integers(1, 120),
        dim=st.sampled_from([1, 3, 32, 384]),
        distinct=st.integers(1, 120),
        k=st.integers(1, 130),
        share=st.sampled_from([0.0, 0.1, 0.7, 1.0]),
        dtype=st.sampled_from([torch.float32, torch.bfloat16]),
    )
    def test_the_lists_are_those_of_numpy(
        self, *, seed: int, n: int, dim: int, distinct: int, k: int, share: float, dtype: torch.dtype
    ) -> None:
        rng = np.random.default_rng(seed)
        vectors = unit(rng, distinct, dim)[rng.integers(0, distinct, n)]
        queries = unit(rng, 2, dim)
        allowed = rng.random(n) < share
        columns, _ = VectorIndex(vectors, "cpu", dtype).nearest(queries, k=k, allowed=allowed)
        assert columns.tolist() == [reference(vectors, query, k, allowed) for query in queries]

    @pytest.mark.slow
    def test_the_lists_are_those_of_numpy_on_any_device(
        self, torch_device: str, dtype: torch.dtype, rng: np.random.Generator
    ) -> None:
        vectors, queries = unit(rng, 5_000, 16), unit(rng, 200, 16)
        allowed = rng.random(5_000) < 0.5
        columns, _ = VectorIndex(vectors, torch_device, dtype).nearest(queries, k=10, allowed=allowed)
        assert columns.tolist() == [reference(vectors, query, 10, allowed) for query in queries]

    def test_a_crowd_around_the_query_is_told_apart(
        self, torch_device: str, dtype: torch.dtype, rng: np.random.Generator
    ) -> None:
        query = unit(rng, 1, 384)
        crowd = query + 0.3 * unit(rng, 2_000, 384)
        vectors = np.asarray(crowd / np.linalg.norm(crowd, axis=1, keepdims=True), np.float32)
        columns, _ = VectorIndex(vectors, torch_device, dtype).nearest(query, k=10)
        assert columns.tolist() == [reference(vectors, query[0], 10, np.ones(2_000, bool))]

    def test_near_scores_are_told_apart_in_bfloat16(self, torch_device: str) -> None:
        # Cosines 1, 0.9999, ... to the query, last one first: in bfloat16 they are all 1.
        cosines = 1 - 1e-4 * np.arange(20)[::-1]
        vectors = np.stack([cosines, np.sqrt(1 - cosines**2)], axis=1).astype(np.float32)
        columns, _ = VectorIndex(vectors, torch_device, torch.bfloat16).nearest(EAST, k=3)
        assert columns.tolist() == [[19, 18, 17]]

    def test_read_only_vectors_raise_no_warning(self, tmp_path: Path, torch_device: str) -> None:
        np.save(tmp_path / "vectors.npy", SIX)
        mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
        allowed = np.ones(6, bool)
        allowed.flags.writeable = False
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            index = VectorIndex(mapped, torch_device)
            index.similarities(mapped[0])
            index.nearest(mapped[:1], k=1, allowed=allowed)


WORDS = ("castle", "dracula", "emma", "frankenstein", "last_man", "persuasion", "trial", "worlds")


@pytest.fixture
def nearest(tiny: Snapshot) -> NearestItems:
    """The eight books on the axes of a plane: 0, 10, ... 70 degrees, in catalogue order."""
    angles = np.radians(10 * np.arange(8))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return NearestItems(tiny, AngleEncoder(), VectorIndex(vectors, "cpu"), vectors)


class AngleEncoder:
    """Reads a text as a number of degrees."""

    name = "angles"

    def encode(self, texts: Sequence[str]) -> Vectors:
        angles = np.radians([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


class TestNearestItems:
    def test_a_text_is_compared_with_the_items(self, nearest: NearestItems) -> None:
        result = nearest.by_text("21", k=3)
        assert [item.label for item in result.items] == ["Emma", "Frankenstein", "Dracula"]
        assert result.items[0].score == pytest.approx(np.cos(np.radians(1)), abs=1e-6)
        assert result.text == "nearest to 21: Emma 1.00, Frankenstein 0.99, Dracula 0.98"
        assert (result.size, result.triples) == (3, ())

    def test_an_item_is_not_near_itself(self, nearest: NearestItems) -> None:
        result = nearest.by_item(Iri(BOOK + "castle"), k=8)
        assert [item.iri for item in result.items] == [BOOK + name for name in WORDS[1:]]
        assert result.query == "The Castle"

    def test_a_mask_is_respected_and_kept(self, nearest: NearestItems) -> None:
        allowed = np.array([True, True, False, False, False, False, False, True])
        result = nearest.by_item(Iri(BOOK + "castle"), k=5, allowed=allowed)
        assert [item.iri for item in result.items] == [BOOK + "dracula", BOOK + "worlds"]
        assert allowed.tolist() == [True, True, False, False, False, False, False, True]

    def test_nothing_allowed_is_told(self, nearest: NearestItems) -> None:
        result = nearest.by_text("0", k=3, allowed=np.zeros(8, bool))
        assert (result.text, result.size) == ("nearest to 0: nothing", 0)

    def test_a_k_below_one_is_refused(self, nearest: NearestItems) -> None:
        with pytest.raises(ToolError, match="at least 1"):
            nearest.by_text("0", k=0)

    def test_a_long_result_is_clipped(self, nearest: NearestItems) -> None:
        assert len(nearest.by_text("0" * 2_000, k=8).text) == 600

    def test_similarities_cover_the_catalogue(self, nearest: NearestItems) -> None:
        expected = np.cos(np.radians(10 * np.arange(8)))
        np.testing.assert_allclose(nearest.similarities("0"), expected, atol=1e-6)
        np.testing.assert_allclose(nearest.similarities_to([0, 7]), [expected, expected[::-1]], atol=1e-6)

    def test_words_in_common_are_near(self, tiny: Snapshot) -> None:
        encoder = BagOfWordsEncoder(1024)
        vectors = encoder.encode([tiny.label(item) for item in tiny.items])
        nearest = NearestItems(tiny, encoder, VectorIndex(vectors, "cpu"), vectors)
        assert [item.label for item in nearest.by_text("worlds at war", k=1).items] == ["The War of the Worlds"]
