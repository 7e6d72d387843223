"""How well the checks of a graph find faults that were planted in it, beside exact matching of names."""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import pyoxigraph as ox

from eval.corruption import Plant, Planter
from eval.errors import EvaluationError
from kg.domain import Domain
from kg.quality import Finding, GraphView, find, open_effective, read_view
from kg.quality.blocking import Encode
from kg.store import GraphStore

Progress = Callable[[str], None]
OVERALL = "all kinds"
BASELINE = "same label and class"


@dataclass(frozen=True, slots=True)
class KindScore:
    """How well one kind was found.

    Attributes:
        planted: Faults of the kind.
        found: Those of them that a finding names.
        mended: Those of them that the proposed change sets right, to the triple.
        claimed: Findings that are not in the graph before planting; of two that name one fault both count as right.
        right: Those of them that name a planted fault.
    """

    kind: str
    planted: int
    found: int
    mended: int
    claimed: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the findings that are right; 1 where nothing was claimed."""
        return self.right / self.claimed if self.claimed else 1.0

    @property
    def recall(self) -> float:
        """Share of the faults that were found; 1 where none was planted."""
        return self.found / self.planted if self.planted else 1.0


@dataclass(frozen=True, slots=True)
class CleaningReport:
    """What was planted in a graph, and what was found of it.

    Attributes:
        known: Findings in the graph before planting, which count neither for nor against.
        ours, baseline: By kind, then over all kinds.
        precision_interval, recall_interval: Over all kinds, 95 % (Wilson, 1927).
        wrong: Reasons of findings that name no planted fault, for a look at them.
    """

    domain: str
    seed: int
    min_confidence: float
    triples: int
    known: int
    ours: list[KindScore]
    baseline: list[KindScore]
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]
    wrong: list[str]


def evaluate_cleaning(
    domain: Domain,
    *,
    corruptions: int,
    seed: int,
    min_confidence: float,
    encode: Encode | None = None,
    progress: Progress = lambda _: None,
) -> CleaningReport:
    """Plant faults into a copy of a domain's graph, look for them, and compare.

    Raises:
        EvaluationError: The graph is too small for so many.
    """
    store = open_effective(domain)
    before = read_view(store, domain)
    progress("Looking at the graph before planting")
    known = find(before, encode=encode)
    try:
        plants = Planter(before, random.Random(seed)).plant(corruptions)
    except ValueError as error:
        raise EvaluationError(f"{domain.name}: {error}.") from error
    triples = len(store)
    plants = [_plant(store, plant) for plant in plants]
    after = read_view(store, domain)
    progress(f"Looking for {len(plants)} planted faults")
    findings = [one for one in find(after, encode=encode) if one.confidence >= min_confidence]
    doubles = dict(plant.original for plant in plants if plant.original is not None)
    fresh = _fresh(findings, known, doubles)
    naive = _fresh(same_label(after), same_label(before), doubles)
    ours = score(plants, fresh)
    wrong = [one.reason for one in fresh if not any(names(one, plant) for plant in plants)]
    total = ours[-1]
    return CleaningReport(
        domain.name,
        seed,
        min_confidence,
        triples,
        len(known),
        ours,
        score(plants, naive),
        wilson(total.right, total.claimed),
        wilson(total.found, total.planted),
        wrong,
    )


def names(finding: Finding, plant: Plant) -> bool:
    """Tell whether a finding is of a planted fault: of its kind, and of the very entities."""
    return finding.kind in plant.found_as and plant.key <= set(finding.entities)


def score(plants: Sequence[Plant], findings: Sequence[Finding]) -> list[KindScore]:
    """Return the scores by kind, in the order of planting, then over all kinds."""
    kinds = dict.fromkeys(plant.kind for plant in plants)
    found_as = {kind: next(plant.found_as for plant in plants if plant.kind == kind) for kind in kinds}
    scores = [
        _score(
            kind, [one for one in plants if one.kind == kind], [one for one in findings if one.kind in found_as[kind]]
        )
        for kind in kinds
    ]
    return [*scores, _score(OVERALL, plants, findings)]


def _score(kind: str, plants: Sequence[Plant], findings: Sequence[Finding]) -> KindScore:
    by_entity: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        for entity in finding.entities:
            by_entity[entity].append(finding)
    hits = [[one for one in by_entity.get(min(plant.key), ()) if names(one, plant)] for plant in plants]
    right = {id(one) for found in hits for one in found}
    mended = sum(any(_mends(one, plant) for one in found) for plant, found in zip(plants, hits, strict=True))
    return KindScore(kind, len(plants), sum(map(bool, hits)), mended, len(findings), len(right))


def _mends(finding: Finding, plant: Plant) -> bool:
    if plant.original is not None:
        return finding.change.merged is not None
    change = finding.change
    return bool(change) and set(plant.added) <= set(change.remove) and set(plant.removed) <= set(change.add)


def same_label(view: GraphView) -> list[Finding]:
    """Return the baseline's findings: two entities with one label, to the letter, and one class."""
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for iri, labels in view.labels.items():
        for label in labels:
            for cls in view.types.get(iri, ()):
                groups[label.value, cls].add(iri)
    pairs = {pair for same in groups.values() for pair in combinations(sorted(same), 2)}
    return [Finding("duplicate", pair, 1.0, BASELINE) for pair in sorted(pairs)]


def wilson(right: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, 1927).

    >>> [round(end, 3) for end in wilson(50, 100)]
    [0.404, 0.596]
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if total == 0:
        return 0.0, 1.0
    z, share = 1.959964, right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return max(0.0, middle - half), min(1.0, middle + half)


def _plant(store: GraphStore, plant: Plant) -> Plant:
    """Change the graph and return the fault with what it really took out."""
    removed = tuple(triple for triple in plant.removed if ox.Quad(*triple) in store.engine)
    for triple in removed:
        store.engine.remove(ox.Quad(*triple))
    store.engine.extend(ox.Quad(*triple) for triple in plant.added)
    return replace(plant, removed=removed)


def _fresh(findings: Sequence[Finding], known: Sequence[Finding], doubles: dict[str, str]) -> list[Finding]:
    """Return the findings that the graph had not before planting, read with each double as its original."""
    before = {(one.kind, frozenset(one.entities)) for one in known}
    return [
        one for one in findings if (one.kind, frozenset(doubles.get(iri, iri) for iri in one.entities)) not in before
    ]
