"""The next snapshot of a domain whose graph lies behind an endpoint: read again, and swapped in whole."""

import os
from datetime import UTC, datetime

from kg.domain import Domain, Domains
from kg.embeddings.graph.carrying import carry_embedding
from kg.embeddings.text import Encoder, carry_vectors
from kg.errors import GraphError
from kg.snapshot import GRAPH, Progress, Snapshot, open_snapshot


def refresh_domain(
    domains: Domains, domain: Domain, encoder: Encoder | None = None, progress: Progress = lambda _: None
) -> Snapshot:
    """Read the graph out of its endpoint again; until all of it is there, the snapshot before it stays in use.

    Args:
        domains: Where the artefacts are kept.
        domain: Its manifest names an endpoint.
        encoder: Makes the text vectors of the items whose texts differ; None leaves them to the next start.
        progress: Told what takes long.

    Raises:
        GraphError: The domain is read from files, whose changes are always seen.
        EndpointError: The endpoint cannot be reached, or does not give all that it holds.
    """
    if domain.manifest.graph.endpoint is None:
        raise GraphError(f"{domain.name} is read from files; when they change, it is built anew by itself.")
    later = domain.with_revision(datetime.now(UTC).isoformat())
    new = open_snapshot(later, domains.fitted(later), progress)
    if (domains.fitted(domain) / GRAPH).is_dir():
        old = open_snapshot(domain, domains.fitted(domain), progress)
        if encoder is not None:
            carry_vectors(old, new, new.items, encoder)
        carry_embedding(old, new, progress)
    file = domain.revision_file
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(later.revision, "utf-8")
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)
    return new
