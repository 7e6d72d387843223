"""Nearest items to a text and a person at once."""

from dataclasses import replace
from pathlib import Path

import pytest

from kg.embeddings.graph.artefact import staged_embedding
from kg.embeddings.graph.embed import train_embedding
from kg.embeddings.graph.training import TrainingSettings
from kg.snapshot import Snapshot
from tests.fakes import BagOfWordsEncoder
from tools.errors import ToolError
from tools.fused_nearest import FusedNearest, open_fused_nearest

QUICK = TrainingSettings(model="distmult", dim=16, epochs=4, every=2, batch=16)


@pytest.fixture(scope="module")
def nearest(tiny: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> FusedNearest:
    snapshot = replace(tiny, folder=tmp_path_factory.mktemp("fused"))
    staged_embedding(snapshot.folder, QUICK, lambda: train_embedding(snapshot.adjacency, QUICK))
    return open_fused_nearest(snapshot, BagOfWordsEncoder())


def test_a_text_and_likes_find_items_best_first(nearest: FusedNearest, tiny: Snapshot) -> None:
    liked = [tiny.item_columns[tiny.item("Dracula")]]
    by_text, by_likes = nearest.near("Horror", k=8), nearest.near("", liked, k=8)
    by_both = nearest.near("Horror", liked)
    for found in (by_text, by_likes, by_both):
        scores = [item.score for item in found.items]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == 8
        assert all(-1.0001 <= score <= 1.0001 for score in scores)
    assert [item.score for item in by_text.items] != [item.score for item in by_both.items]


def test_what_is_excluded_is_not_found(nearest: FusedNearest) -> None:
    first = nearest.near("Horror", k=1).items[0]
    rest = nearest.near("Horror", k=8, exclude=[nearest._snapshot.item_columns[first.iri]])
    assert first.iri not in {item.iri for item in rest.items}
    assert len(rest.items) == 7


def test_nothing_asked_is_an_error_and_so_is_a_domain_without_an_embedding(
    nearest: FusedNearest, tiny: Snapshot, tmp_path: Path
) -> None:
    with pytest.raises(ToolError, match="expected a text or liked items"):
        nearest.near(" ")
    with pytest.raises(ToolError, match="run `thence kg embed` first"):
        open_fused_nearest(replace(tiny, folder=tmp_path), BagOfWordsEncoder())
