"""Fitting the hybrid, all of its parts."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kg.interactions import Interactions
from tools.ranking.attributes import attribute_rows
from tools.ranking.collaborative import Collaborative
from tools.ranking.ease import fit_ease
from tools.ranking.factors import fit_factors
from tools.ranking.fused import FusedSettings, ItemVectors, fit_fused
from tools.ranking.history import counted, histories_of
from tools.ranking.hybrid import Hybrid, Spreads, signed_rows
from tools.ranking.item_cosine import fit_item_cosine
from tools.ranking.lifts import fit_lifts
from tools.ranking.next_item import fit_next_item
from tools.ranking.settings import RankingSettings
from tools.ranking.threads import one_thread

Matrix = npt.NDArray[np.float32]

SAMPLE = 500
"""Fitted users whose scores say how far a part spreads over the catalogue."""


def fit_hybrid(
    interactions: Interactions,
    attributes: sparse.csr_matrix,
    settings: RankingSettings,
    seed: int = 0,
    vectors: ItemVectors | None = None,
) -> Hybrid:
    """Fit all parts.

    Args:
        interactions: What users did; may be empty.
        attributes: Shape (n_items, n_entities), see `item_attributes`.
        settings: Weights and penalties.
        seed: Of the factors' starts.
        vectors: Of the items; with them the fused index is fitted, too.
    """
    liked, n_users = interactions.liked, len(interactions.users)
    below, entities = attribute_rows(attributes, settings.attributes)
    pairs = sparse.csr_matrix(sparse.vstack([liked, below]), dtype=np.float32)
    fits = range(settings.n_fits if liked.nnz else 0)
    with one_thread():
        factors = tuple(fit_factors(pairs, n_users, settings.factors, seed + at) for at in fits)
    items = _fit_item_item(interactions, pairs, settings, seed) if liked.nnz else (None, None)
    fused = fit_fused(liked, vectors, FusedSettings(), seed) if vectors is not None and liked.nnz else None
    collaborative = Collaborative(pairs, entities, factors, *items)
    lifts = fit_lifts(interactions, settings, seed)
    raw = Hybrid(settings, attributes, interactions.popularity, collaborative, lifts, Spreads(1.0, 1.0), fused)
    return replace(raw, spreads=spreads_of(raw, interactions, seed))


def _fit_item_item(
    interactions: Interactions, pairs: sparse.csr_matrix, settings: RankingSettings, seed: int
) -> tuple[Matrix | None, Matrix | None]:
    """Return the sum of what the item-item models that the settings want say of the taste, and of what is recent.

    None where the settings want no model.
    """
    taste: list[Matrix] = []
    of_users, n_users = _user_rows(interactions, settings.seen), len(interactions.users)
    if settings.item_item:
        rows = sparse.csr_matrix(sparse.vstack([of_users, pairs[n_users:]]))
        taste.append(np.float32(settings.item_item) * fit_ease(rows, settings.l2, n_users))
    if settings.item_cosine:
        taste.append(np.float32(settings.item_cosine) * fit_item_cosine(of_users))
    recent: Matrix | None = None
    if settings.next_item and interactions.times is not None:
        long, recent = (np.float32(settings.next_item) * one for one in fit_next_item(interactions, settings, seed))
        taste.append(long)
    return (sum(taste[1:], taste[0]) if taste else None), recent


def _user_rows(interactions: Interactions, seen: float) -> sparse.csr_matrix:
    """Return what each item counts to each user in the item-item model, shape (n_users, n_items)."""
    rows = interactions.values.copy()
    rows.data = counted(rows.data, interactions.liked_from, seen).astype(np.float32)
    rows.eliminate_zeros()
    return rows


def spreads_of(raw: Hybrid, interactions: Interactions, seed: int) -> Spreads:
    """Return how far the parts of a model without spreads spread over the catalogue, for a seeded sample of users."""
    chosen = np.sort(np.random.default_rng(seed).permutation(len(interactions.users))[:SAMPLE])
    everybody = histories_of(interactions, raw.settings)
    histories = [one for one in (everybody[row] for row in chosen) if one.n_liked]
    if not histories:
        return Spreads(0.0, 1.0)
    nothing = np.zeros((1, 1), np.float32)
    fused = raw.fused.scores(signed_rows(histories, raw.n_items)) if raw.fused is not None else nothing
    told = [one for one in histories if one.user_attributes]
    user = raw.lifts.of_attributes(told) if told and raw.lifts.names else nothing
    return Spreads(*(float(values.std(axis=1).mean()) for values in (*raw.raw_scores(histories), fused, user)))
