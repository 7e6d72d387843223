"""The tools of one domain, opened together."""

from dataclasses import dataclass

from kg.domain import Domains
from kg.embeddings.text import Encoder, SentenceEncoder, item_vectors
from kg.snapshot import Progress, Snapshot, open_snapshot
from tools.entities import EntityFinder
from tools.inference import FactInference
from tools.nearest import NearestItems, VectorIndex
from tools.paths import PathReasoner
from tools.plans import PlanRunner
from tools.ranking.ranker import Ranker, open_ranker
from tools.senses import SenseLinker
from tools.sparql import SparqlTool


@dataclass(frozen=True)
class Toolbox:
    """What can be done with a domain; safe to share between requests."""

    snapshot: Snapshot
    sparql: SparqlTool
    entities: EntityFinder
    nearest: NearestItems
    paths: PathReasoner
    plans: PlanRunner
    ranker: Ranker
    senses: SenseLinker
    inference: FactInference

    def close(self) -> None:
        self.sparql.close()


def open_toolbox(
    name: str, domains: Domains, *, device: str = "auto", encoder: Encoder | None = None, progress: Progress
) -> Toolbox:
    """Open a domain with its tools, fitting what is missing.

    Raises:
        ThenceError: The domain is unknown or cannot be read.
    """
    domain = domains.find(name)
    snapshot = open_snapshot(domain, domains.fitted(domain), progress)
    encoder = encoder or SentenceEncoder(device=None if device == "auto" else device)
    vectors = item_vectors(snapshot, encoder, progress)
    nearest = NearestItems(snapshot, encoder, VectorIndex(vectors, device), vectors)
    progress("Opening the ranker")
    ranker = open_ranker(snapshot, nearest, nearest.device, progress)
    senses = SenseLinker(snapshot, encoder)
    return Toolbox(
        snapshot,
        SparqlTool(snapshot),
        EntityFinder(snapshot),
        nearest,
        PathReasoner(snapshot),
        PlanRunner(snapshot),
        ranker,
        senses,
        FactInference(snapshot),
    )
