"""Newcomers who only type a wish: what it is, what is relevant, and who makes lists for it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from eval.baselines import MostPopular
from eval.few_shot import Newcomers, split_newcomers
from eval.lists import make_lists
from eval.ours import NAME, Ours
from eval.ranking import score_model
from eval.split import parts_of
from eval.wishes import LEAST, Wishes, compare_wishes, wish_models, wishes_of
from kg.snapshot import Snapshot
from kg.types import Iri
from tests.tools.test_ranking import nearest_of
from tools.constraints import ConstraintMasks, EntityConstraint


@pytest.fixture(scope="module")
def newcomers(films: Snapshot) -> Newcomers:
    fit, held, _ = parts_of(films.domain, films.items, "valid", 0)
    return split_newcomers(fit, held, seed=0)


@pytest.fixture(scope="module")
def wishes(films: Snapshot, newcomers: Newcomers) -> Wishes:
    found = wishes_of(films, newcomers)
    assert found is not None
    return found


def test_somebody_wishes_for_what_most_of_the_first_liked_items_have(
    films: Snapshot, newcomers: Newcomers, wishes: Wishes
) -> None:
    masks = ConstraintMasks(films)
    first = newcomers.by_shots[5].histories
    items = set(films.item_rows.tolist())
    entities = [iri for row, iri in enumerate(films.adjacency.entities) if row not in items]
    met = {iri: masks.mask(EntityConstraint(Iri(iri), "")) for iri in entities}
    common = {Iri(iri): mask for iri, mask in met.items() if mask.sum() >= LEAST}
    for user, kind in wishes.kinds.items():
        liked = first.liked[first.user_rows[user]].indices
        shared = {iri: int(mask[liked].sum()) for iri, mask in common.items()}
        assert shared[kind] == max(shared.values()) > 0
        rarest = min(common[iri].sum() for iri, count in shared.items() if count == shared[kind])
        assert common[kind].sum() == rarest


def test_relevant_is_what_was_liked_later_and_meets_the_wish(
    films: Snapshot, newcomers: Newcomers, wishes: Wishes
) -> None:
    masks, task = ConstraintMasks(films), newcomers.task
    assert 0 < len(wishes.split.users) <= len(task.users)
    assert wishes.split.histories.values.nnz == 0
    for row, user in enumerate(wishes.split.users):
        mask = masks.mask(EntityConstraint(wishes.kinds[user], ""))
        assert (wishes.met[row] == mask).all()
        later = task.relevant[list(task.users).index(user)].toarray()[0] > 0
        relevant = wishes.split.relevant[row].toarray()[0] > 0
        assert (relevant == (later & mask)).all()
        assert relevant.any()


def test_without_a_wish_that_can_be_met_there_are_none(films: Snapshot, newcomers: Newcomers) -> None:
    empty = sparse.csr_matrix(np.zeros(newcomers.task.relevant.shape, np.float32))
    changed = {n: replace(split, relevant=empty) for n, split in newcomers.by_shots.items()}
    assert wishes_of(films, Newcomers(changed)) is None


def test_lists_are_of_what_meets_the_wish_first_and_ours_is_told_first(
    films: Snapshot, newcomers: Newcomers, wishes: Wishes
) -> None:
    ours, popular = Ours(films), MostPopular()
    ours.fit(newcomers.task.fit)
    popular.fit(newcomers.task.fit)
    models = wish_models(ours, popular, wishes, nearest_of(films))
    names = [model.name for model in models]
    assert names == [
        NAME,
        "most popular, of what meets it",
        "text search, of what meets it",
        "text search",
        "most popular",
    ]
    for model in models[:3]:
        columns = make_lists(model, wishes.split, 10).columns
        for row, listed in enumerate(columns):
            seen = wishes.split.seen[row].toarray()[0] > 0
            left = int((wishes.met[row] & ~seen).sum())
            assert wishes.met[row][listed[: min(10, left)]].all()
    trials = [score_model(model, wishes.split, 10, 0.0, lambda _: None) for model in models]
    report = compare_wishes(films, wishes, trials, seed=0)
    assert [one.name for one in report.scores] == names
    assert [one.difference is None for one in report.scores] == [True, False, False, False, False]
    assert report.n_users == len(wishes.split.users)
    assert set(report.examples) <= {films.label(kind) for kind in wishes.kinds.values()}
    assert len(report.examples) == len(set(report.examples)) > 0
