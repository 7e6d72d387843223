"""`thence kg extract` and `thence kg accept`: triples out of descriptions, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.domains import plain_table, print_json
from agent.cli.notices import Notices
from agent.cli.render import clean
from agent.errors import RequestError

if TYPE_CHECKING:
    from agent.settings import Settings
    from kg.building.extracted import Proposal
    from kg.snapshot import Snapshot

Rules = Annotated[bool, typer.Option("--rules", help="Read with the domain's phrases alone, without the model.")]
Floor = Annotated[float, typer.Option("--floor", min=0, max=1, help="Least confidence of what is kept.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="Extracted triples, by how their ids begin.")]
Above = Annotated[
    float | None, typer.Option("--above", min=0, max=1, metavar="P", help="All that are at least so sure.")
]
Reject = Annotated[bool, typer.Option("--reject", help="Reject them: they are not proposed again.")]
HALF = 0.5
SHOWN = 100
"""Characters of a sentence in a table."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was read: texts, triples that are sure enough, and those of them that are new."""

    extractor: str
    texts: int
    found: int
    new: int
    file: str


def extract(
    name: options.DomainName,
    *,
    rules: Rules = False,
    floor: Floor = HALF,
    limit: options.Limit = options.MAX_LIMIT,
    as_json: options.AsJson = False,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    device: options.Device = None,
    home: options.Home = None,
) -> None:
    """Read triples out of the items' descriptions; they wait in a file of their own until `thence kg accept`."""
    settings = session.read_settings(model=model, base_url=base_url, device=device, home=home)
    with Notices() as notices:
        snapshot = session.open_domain(name, settings.home, notices)
        told = read_texts(snapshot, settings, notices, rules=rules, floor=floor, limit=limit)
    if as_json:
        return print_json(asdict(told))
    return open_output().print(extraction_view(told, name))


def read_texts(
    snapshot: "Snapshot", settings: "Settings", notices: Notices, *, rules: bool, floor: float = HALF, limit: int
) -> Extraction:
    """Read the descriptions of a domain's items and keep what is found beside its graph.

    Raises:
        RequestError: No item has a description.
    """
    from kg.building.extracted import ExtractedGraph  # noqa: PLC0415 - takes a second
    from kg.building.text import described_items  # noqa: PLC0415

    texts = described_items(snapshot)[:limit]
    if not texts:
        predicates = ", ".join(snapshot.manifest.graph.description)
        raise RequestError(f"no {snapshot.manifest.items.noun} of {snapshot.domain.name} has one of {predicates}.")
    found, who = session.extract(snapshot, settings, notices, texts, rules=rules)
    kept = [one for one in found if one.confidence >= floor]
    graph = ExtractedGraph.of(snapshot.domain)
    return Extraction(who, len(texts), len(kept), graph.add(kept), str(graph.path))


def extraction_view(told: Extraction, name: str) -> Group:
    """Return what an extraction did as lines for a terminal."""
    line = f"{told.found:,} triples in {told.texts:,} descriptions, {told.new:,} of them new, read by {told.extractor}"
    return Group(
        Text(clean(line)), Text(f"They wait in {clean(told.file)}; see: thence kg accept {clean(name)}", "dim")
    )


def accept(
    name: options.DomainName,
    ids: Ids = None,
    *,
    above: Above = None,
    reject: Reject = False,
    limit: options.Limit = options.DEFAULT_LIMIT,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Put extracted triples into the graph, or reject them; without a choice, list those that wait."""
    from kg.building import extracted  # noqa: PLC0415 - takes a second

    with Notices() as notices:
        snapshot = session.open_domain(name, session.read_settings(home=home).home, notices)
    graph = extracted.ExtractedGraph.of(snapshot.domain)
    waiting = graph.proposals("proposed")
    if not ids and above is None:
        if as_json:
            return print_json([_row(one) for one in waiting])
        rest = Text(f"{len(waiting):,} extracted triples wait", "dim")
        return open_output().print(Group(_table(snapshot, waiting[:limit]), rest))
    chosen = graph.choose(ids or [])
    if above is not None:
        chosen += [one for one in waiting if one.extracted.confidence >= above and one not in chosen]
    if reject:
        graph.decide(chosen, "rejected")
    else:
        extracted.accept(snapshot.domain, graph, chosen)
    word = "rejected" if reject else "accepted"
    if as_json:
        return print_json({"domain": name, word: [_row(one) for one in chosen]})
    undo = "" if reject else "; `thence kg clean --undo` takes them out again"
    return open_output().print(Text(f"{len(chosen):,} triples {word}{undo}"))


def _row(one: "Proposal") -> dict[str, object]:
    told = one.extracted
    return {
        "id": one.id,
        "subject": told.triple.subject,
        "predicate": told.triple.predicate,
        "object": told.triple.object,
        "confidence": told.confidence,
        "extractor": told.extractor,
        "sentence": told.sentence,
        "when": one.when,
    }


def _table(snapshot: "Snapshot", proposals: "Sequence[Proposal]") -> Table:
    rows = []
    for one in proposals:
        told, triple = one.extracted, one.extracted.triple
        obj = triple.object if triple.literal else snapshot.label(triple.object)
        sure = f"{told.confidence:.2f}"
        rows.append((one.id, sure, snapshot.label(triple.subject), told.relation, obj, told.sentence[:SHOWN]))
    return plain_table(("id", "sure", snapshot.manifest.items.noun, "relation", "object", "sentence"), rows)
