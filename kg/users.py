"""Users as entities: the adjacency with an edge for each liking, so that paths may lead through people of a taste."""

from urllib.parse import quote, unquote

import numpy as np

from kg.adjacency import Adjacency
from kg.errors import PathQueryError
from kg.interactions import Interactions
from kg.paths.multigraph import Multigraph
from kg.types import Iri

LIKES = "likes"
LIKES_IRI = Iri("urn:thence:likes")
USERS = "urn:thence:user:"


def user_iri(user: str) -> Iri:
    """Return the IRI that stands for a user beside the graph's entities."""
    return Iri(USERS + quote(user, safe=""))


def user_of(iri: str) -> str | None:
    """Return the user that an IRI stands for; None where it stands for none."""
    return unquote(iri.removeprefix(USERS)) if iri.startswith(USERS) else None


def with_users(adjacency: Adjacency, interactions: Interactions) -> Adjacency:
    """Return an adjacency whose last rows are the users, each with an edge to every item that the user liked.

    The interactions are those of the history; held-out ones never become edges, or paths would tell the answer.

    Raises:
        PathQueryError: The graph has a relation of that name already.
    """
    if LIKES in adjacency.relations:
        raise PathQueryError(f"the graph has a relation {LIKES!r} already; give it another name in domain.toml")
    entities = [*adjacency.entities, *map(user_iri, interactions.users)]
    liked = interactions.liked.tocoo()
    item_rows = np.array([adjacency.rows[iri] for iri in interactions.items], np.int32)
    likes = np.stack(
        [liked.row + len(adjacency.entities), item_rows[liked.col], np.full(liked.nnz, len(adjacency.relations))],
        axis=1,
    )
    table = np.concatenate([adjacency.graph.triples(), likes])
    relations = [*adjacency.relations, LIKES]
    graph = Multigraph.from_triples(table, len(entities), len(relations))
    return Adjacency(
        entities,
        {iri: row for row, iri in enumerate(entities)},
        relations,
        [*adjacency.predicates, LIKES_IRI],
        graph.indptr,
        graph.neighbours,
        graph.labels,
    )
