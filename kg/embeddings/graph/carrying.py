"""A graph embedding after a change of the graph: vectors stay, and what the change is about is fitted to them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from kg.adjacency import Adjacency
from kg.embeddings.graph.artefact import GraphEmbedding, embedding_in_use, keep_carried
from kg.embeddings.graph.training import Movable, fit_rows, new_model
from kg.embeddings.graph.triples import Rows, one_way, triples_of
from kg.errors import ArtefactError
from kg.snapshot import Progress, Snapshot

CHANGED = 0.1
"""Share of an entity's facts that must have come or gone for it to be fitted anew: one more film moves no genre."""

Mask = npt.NDArray[np.bool_]


def carry_embedding(old: Snapshot, new: Snapshot, progress: Progress = lambda _: None) -> int | None:
    """Make the embedding of a changed domain from the one in use before the change, and put it in use.

    Args:
        old: The domain before the change.
        new: The domain after it.
        progress: Told what takes long, and what is wrong with an embedding that is left behind.

    Returns:
        The number of entities that were fitted anew; the vectors of all others are as they were. None where the domain
        had no embedding, or a damaged one.
    """
    try:
        embedding = embedding_in_use(old.folder, old.adjacency)
    except ArtefactError as error:
        progress(str(error))
        return None
    if embedding is None:
        return None
    progress("Fitting the vectors of what changed")
    changed = changed_entities(old.adjacency, new.adjacency)
    keep_carried(new.folder, embedding.settings, lambda: carried(embedding, new.adjacency, changed))
    return int(changed.sum())


def changed_entities(old: Adjacency, new: Adjacency) -> Mask:
    """Return the entities of the new graph that are new, or of whose facts `CHANGED` came or went, (n_entities,)."""
    entities, relations = _places(new.entities, old.entities), _places(new.predicates, old.predicates)
    here = triples_of(new)
    before = triples_of(old)
    back_entities, back_relations = _inverted(entities, len(old.entities)), _inverted(relations, len(old.predicates))
    moved = np.stack([back_entities[before[:, 0]], back_relations[before[:, 1]], back_entities[before[:, 2]]], axis=1)
    n, r = len(new.entities), max(1, len(new.predicates))
    keys = [(one[:, 0] * r + one[:, 1]) * n + one[:, 2] for one in (here, moved[(moved >= 0).all(axis=1)])]
    differs = np.concatenate([here[~np.isin(keys[0], keys[1])][:, [0, 2]], _gone(moved, keys)])
    changes = np.bincount(differs[differs >= 0], minlength=n)
    facts = np.bincount(here[:, [0, 2]].ravel(), minlength=n)
    found: Mask = (entities < 0) | (changes > np.maximum(facts, 1) * CHANGED)
    return found


def carried(embedding: GraphEmbedding, new: Adjacency, changed: Mask) -> GraphEmbedding:
    """Return an embedding for a changed graph, in which `changed` entities and new relations are fitted, and no others.

    Numbers are not read again: an entity that is new is in none of their ranges.
    """
    old = embedding.model
    n_context = len(embedding.context_entities)
    entities = _with_context(_places(new.entities, embedding.entities), len(embedding.entities), n_context)
    relations = _with_context(
        _places(new.predicates, embedding.relations), len(embedding.relations), len(embedding.context_relations)
    )
    n_old = len(embedding.relations) + len(embedding.context_relations)
    directions = np.concatenate([relations, np.where(relations < 0, -1, relations + n_old)])
    model = new_model(embedding.settings, len(entities), len(relations))
    facts = _facts_to_learn(embedding, new, relations)
    with torch.no_grad():
        for name, value in model.whole.named_parameters():
            rows = entities if "node_emb" in name else directions
            known = torch.from_numpy(rows >= 0)
            value[known] = old.whole.get_parameter(name)[torch.from_numpy(rows[rows >= 0])]
        counts = model.frequencies.counts
        of_context = np.flatnonzero(np.tile(np.arange(len(relations)) >= len(new.predicates), 2))
        kept = np.flatnonzero(entities >= 0)
        counts[np.ix_(of_context, kept)] = old.frequencies.counts[np.ix_(directions[of_context], entities[kept])]
    movable = Movable(np.concatenate([changed, np.zeros(n_context, bool)]), directions < 0)
    fit_rows(model, facts, len(relations), embedding.settings, movable)
    counted = {**embedding.counts, "carried": embedding.counts.get("carried", 0) + int(changed.sum())}
    return replace(embedding, model=model, entities=list(new.entities), relations=list(new.predicates), counts=counted)


def _facts_to_learn(embedding: GraphEmbedding, new: Adjacency, relations: Rows) -> Rows:
    """Return the facts that a training would be on: without relations that it left out as redundant, and one way."""
    used = embedding.model.frequencies.counts.sum(dim=1).numpy() > 0
    facts = triples_of(new)
    of_facts = relations[facts[:, 1]]
    return one_way(facts[(of_facts < 0) | used[of_facts]], len(new.entities))


def _places(wanted: Sequence[str], among: Sequence[str]) -> Rows:
    """Return where each IRI stands among others, -1 where it does not."""
    at = {iri: place for place, iri in enumerate(among)}
    return np.array([at.get(iri, -1) for iri in wanted], np.int64)


def _inverted(places: Rows, size: int) -> Rows:
    """Return the way back of `_places`, shape (size,)."""
    back = np.full(size, -1, np.int64)
    back[places[places >= 0]] = np.flatnonzero(places >= 0)
    return back


def _gone(moved: Rows, keys: Sequence[Rows]) -> Rows:
    """Return the ends of old facts that the new graph does not hold; -1 where an end is no longer there either."""
    whole = np.asarray((moved >= 0).all(axis=1), bool)
    lost = np.logical_not(whole)
    lost[whole] = ~np.isin(keys[1], keys[0])
    ends: Rows = moved[lost][:, [0, 2]]
    return ends


def _with_context(places: Rows, n_old: int, n_context: int) -> Rows:
    """Add the places of what follows the graph's own in a vocabulary, which stays as it is."""
    return np.concatenate([places, n_old + np.arange(n_context)])
