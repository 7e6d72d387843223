"""Small random catalogues for the ranker's tests: ratings at known times, and attributes of unit length."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from kg.interactions import Interactions
from kg.user_attributes import UserAttributes
from tools.ranking.settings import RankingSettings

LIKED_FROM = 4.0
N_UNSEEN = 3
"""The last items of a catalogue, which nobody rated."""

SETTINGS = RankingSettings(
    dim=6,
    unknown=0.2,
    user_penalty=0.02,
    item_penalty=0.03,
    attributes=1.5,
    n_fits=2,
    item_item=0.3,
    l2=5.0,
    item_cosine=0.2,
    seen=0.4,
    next_item=0.7,
    next_l2=5.0,
    next_recency=2.0,
    next_span=3.0,
    rare=0.5,
    recency=4.0,
    recency_span=3.0,
    graph=0.1,
    popularity=-0.05,
    newcomer=2.0,
    newcomer_span=4.0,
    newcomer_user=1.0,
    newcomer_items=1.5,
    newcomer_l2=10.0,
    user=0.3,
    user_l2=3.0,
)
"""Every part counts, none much more than the others."""


def random_ratings(rng: np.random.Generator, n_users: int, n_items: int, density: float = 0.4) -> Interactions:
    """Return ratings of 1 to 5 at times of which some are equal."""
    rated = rng.random((n_users, n_items)) < density
    rated[:, n_items - N_UNSEEN :] = False
    values = sparse.csr_matrix(np.where(rated, rng.integers(1, 6, rated.shape), 0).astype(np.float32))
    times = values.astype(np.float64)
    times.data = rng.integers(1, 8, values.nnz).astype(np.float64)
    users = [f"user-{row}" for row in range(n_users)]
    items = [f"http://shop.example/item/{column:02}" for column in range(n_items)]
    return Interactions(users, items, values, LIKED_FROM, times)


PEOPLE = ("gender f", "gender m", "age 0", "age 1", "age 2")
"""Two groups of attributes of users."""


def random_people(interactions: Interactions, rng: np.random.Generator) -> Interactions:
    """Return interactions of users of whom attributes are known: of most both groups, of some one or none."""
    told = rng.random((len(interactions.users), 2)) < 0.6
    columns = np.stack([rng.integers(0, 2, len(told)), rng.integers(2, 5, len(told))], axis=1)
    rows = zip(interactions.users, columns, told, strict=True)
    held = {user: tuple(row[is_told].tolist()) for user, row, is_told in rows}
    return replace(interactions, user_attributes=UserAttributes(PEOPLE, (0, 0, 1, 1, 1), held))


def random_attributes(
    rng: np.random.Generator, n_items: int, n_entities: int, density: float = 0.25
) -> sparse.csr_matrix:
    """Return attributes, rows of unit length, float32; each entity has two items at least."""
    entries = np.where(rng.random((n_items, n_entities)) < density, rng.uniform(0.2, 1.0, (n_items, n_entities)), 0.0)
    entries[0] = entries[1] = 1.0
    return sparse.csr_matrix((entries / np.linalg.norm(entries, axis=1, keepdims=True).clip(1e-9)).astype(np.float32))


def random_history(rng: np.random.Generator, n_items: int, length: int) -> dict[int, float]:
    """Return ratings of 1 to 5 by item column."""
    columns = rng.permutation(n_items)[:length]
    return {int(column): float(rng.integers(1, 6)) for column in columns}
