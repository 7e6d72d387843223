"""From what the tools return to what an answer shows."""

from collections.abc import Iterable, Iterator

from agent.answer import AnswerEntity, Contribution, PathView, RankedItem
from agent.state import State
from agent.untrusted import name
from kg.snapshot import Snapshot
from kg.types import Path
from tools.paths import PathReasoner
from tools.plans import Leg, PlanResult
from tools.ranking.ranker import Scored, Share

SHOWN_CONTRIBUTIONS = 12
"""About how many; a cause is shown whole."""

OF_HISTORY = ("history", "graph")
"""The parts of a score in which items of the history speak: through other people's likes, and through the graph."""


def ranked_item(snapshot: Snapshot, scored: Scored, rank: int) -> RankedItem:
    """Return a scored item with its parts and its largest contributions, those of one cause and part added up.

    A history item comes with both of its parts or not at all, and the one that adds most comes first: who reads the
    shown ones may then say that nothing in the history adds more.
    """
    sums: dict[tuple[str, str], float] = {}
    for one in scored.shares:
        sums[one.part, one.iri] = sums.get((one.part, one.iri), 0.0) + one.value
    causes: dict[tuple[str, str], list[Share]] = {}
    for (part, iri), value in sums.items():
        causes.setdefault(("", iri) if part in OF_HISTORY and iri else (part, iri), []).append(Share(part, iri, value))
    totals = {cause: sum(one.value for one in shares) for cause, shares in causes.items()}
    order = sorted(causes, key=lambda cause: (-abs(totals[cause]), cause))
    most = max((cause for cause in order if not cause[0]), key=lambda cause: totals[cause], default=None)
    largest: list[Share] = []
    for cause in dict.fromkeys([*([most] if most else []), *order]):
        if len(largest) < SHOWN_CONTRIBUTIONS:
            largest += causes[cause]
    return _ranked(snapshot, scored, rank, sorted(largest, key=lambda one: -abs(one.value)))


def explained_item(snapshot: Snapshot, scored: Scored, rank: int) -> RankedItem:
    """Return a scored item with every one of its contributions; they sum to the score."""
    return _ranked(snapshot, scored, rank, scored.shares)


def _ranked(snapshot: Snapshot, scored: Scored, rank: int, shares: Iterable[Share]) -> RankedItem:
    labels = {iri: snapshot.label(iri) for one in shares for iri in (one.iri, one.via) if iri}
    shown = [
        Contribution(
            part=one.part,
            iri=one.iri,
            label=labels.get(one.iri, one.name or one.part),
            value=one.value,
            via=one.via,
            via_label=labels.get(one.via, ""),
        )
        for one in shares
    ]
    return RankedItem(
        iri=scored.iri, label=scored.label, rank=rank, score=scored.score, parts=scored.parts, contributions=shown
    )


def path_view(paths: PathReasoner, path: Path) -> PathView:
    """Return a path with its text and triples."""
    triples = [one.row for one in path.triples]
    return PathView(text=paths.say(path), entities=list(path.entities), triples=triples, score=path.score)


def answer_entities(found: PlanResult) -> list[AnswerEntity]:
    """Return the answers to a question with the triples that lead there."""
    return [
        AnswerEntity(
            iri=None if one.is_literal else one.iri_or_literal,
            label=one.label,
            triples=[triple.row for triple in one.witness],
        )
        for one in found.answers
    ]


def step_in_words(snapshot: Snapshot, leg: Leg) -> str:
    """Return what the graph does not know of a leg's start: "any director of Alien", "any film with X as writer"."""
    relation, label = snapshot.manifest.relations[leg.steps[0].relation], name(snapshot.label(leg.start))
    if leg.steps[0].direction == "forward":
        return f"any {relation.noun} of {label}"
    return f"any {relation.inverse_noun or snapshot.manifest.items.noun} with {label} as {relation.noun}"


def labels_in(snapshot: Snapshot, state: State) -> dict[str, str]:
    """Return the label of every entity and relation that an answer speaks of by its IRI."""
    relations = {relation.iri: relation.noun for relation in snapshot.manifest.relations.values()}
    found: dict[str, str] = {}
    for subject, predicate, obj in _triples(state):
        found[predicate] = relations.get(predicate, predicate)
        found[subject] = snapshot.label(subject)
        if "://" in obj:
            found[obj] = snapshot.label(obj)
    return dict(sorted(found.items()))


def _triples(state: State) -> Iterator[tuple[str, str, str]]:
    for item in state["items"] or []:
        for path in item["paths"]:
            yield from path["triples"]
        for claim in (item["justification"] or {}).get("claims", ()):
            yield from claim["triples"]
    for answer in state["answers"]:
        yield from answer["triples"]
