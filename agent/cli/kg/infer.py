"""`thence kg infer`: facts about an entity that the graph does not state, predicted and explained."""
# ruff: noqa: PLC0415

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json

if TYPE_CHECKING:
    from kg.snapshot import Snapshot
    from kg.types import Iri
    from tools.inference import InferenceResult

Entity = Annotated[str, typer.Argument(metavar="ENTITY", callback=options.utf8, help="Name or IRI of the entity.")]
RelationName = Annotated[
    str | None,
    typer.Option("--relation", "-r", metavar="R", callback=options.utf8, help="Only this relation."),
]


def infer(
    entity: Entity,
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    relation: RelationName = None,
    k: options.Count = options.DEFAULT_K,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Predict facts about an entity: by rules, by mined rules, and by the graph embedding where there is one.

    Predicted facts are guesses: they are marked as such, and no answer rests on them.
    """
    with Notices() as notices:
        snapshot = session.open_domain(domain, session.read_settings(home=home).home, notices)
        from tools.inference import FactInference

        iri = _found(snapshot, entity)
        result = FactInference(snapshot, notices.say).infer(iri, relation, k)
    if as_json:
        facts = [asdict(fact) for fact in result.facts]
        document = {"entity": iri, "label": result.entity, "learned": result.learned, "facts": facts}
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    else:
        open_output().print(_view(result))


def _found(snapshot: "Snapshot", name: str) -> "Iri":
    from kg.types import Iri
    from tools.errors import UnknownNameError

    if snapshot.adjacency.row(name) is not None:
        return Iri(name)
    found = snapshot.linker.link(name[:200])
    if not found or found[0].score < 0.8:
        near = ", ".join(one.label for one in found) or "none"
        raise UnknownNameError(f"the graph holds nothing named {name[:100]!r}; near names: {near}")
    return found[0].iri


def _view(result: "InferenceResult") -> Group:
    lines = [Text(f"Predicted about {clean(result.entity)}; the graph does not state it:", "bold")]
    for said, fact in zip(result.said, result.facts, strict=True):
        lines.append(Text(f"{fact.score:.3f}  {clean(said)}").append(f"  predicted, {fact.source}", "dim"))
        lines.append(Text(f"       {clean(fact.explanation)}", "dim"))
    if not result.facts:
        lines = [Text(f"Nothing is predicted about {clean(result.entity)}.")]
    if not result.learned:
        lines += [Text(), Text("No graph embedding: `thence kg embed` adds what it learns.", "dim")]
    return Group(*lines)
