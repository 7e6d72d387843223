"""`thence kg embed`: train a graph embedding, beside the baselines."""
# ruff: noqa: PLC0415

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.progress import ProgressBar
from agent.cli.render import clean, safe_json

if TYPE_CHECKING:
    from kg.embeddings.graph.artefact import GraphEmbedding
    from kg.embeddings.graph.evaluation import LinkMetrics
    from kg.embeddings.graph.training import Epoch


class ModelName(StrEnum):
    """How a relation acts on an entity."""

    TRANSE = "transe"
    DISTMULT = "distmult"
    COMPLEX = "complex"
    ROTATE = "rotate"


Model = Annotated[ModelName, typer.Option("--model", help="Scoring function.")]
Dim = Annotated[int | None, typer.Option("--dim", min=2, max=4096, help="Numbers an entity has, even.")]
Epochs = Annotated[int | None, typer.Option("--epochs", min=1, max=10_000, help="Most passes over the facts.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the split, the start and the draws.")]
Board = Annotated[
    Path | None, typer.Option("--tensorboard", metavar="DIR", help="Write TensorBoard's event files there.")
]


def embed(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    model: Model = ModelName.TRANSE,
    dim: Dim = None,
    epochs: Epochs = None,
    seed: Seed = 0,
    tensorboard: Board = None,
    device: options.Device = None,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Train an embedding of the graph, and print how well it finds held-out facts again, beside two baselines.

    A tenth of the facts is for validation, on which training stops early, and a tenth for the test. The embedding that
    the domain then uses is trained on all facts. What is there with the same settings is not trained again.
    """
    if dim is not None and dim % 2:
        raise typer.BadParameter(f"--dim: expected an even number, got {dim}")
    with Notices() as notices:
        settings = session.read_settings(home=home, device=device)
        snapshot = session.open_domain(domain, settings.home, notices)
        from kg.embeddings.graph.artefact import staged_embedding
        from kg.embeddings.graph.embed import DEFAULTS, Watch, device_of, numbers_of, train_embedding

        chosen = DEFAULTS[model.value].model_copy(
            update={"seed": seed, **({"dim": dim} if dim else {}), **({"epochs": epochs} if epochs else {})}
        )
        with ProgressBar(chosen.epochs) as bar:
            watch = Watch(notices.say, lambda epoch, most: bar.show(epoch.number, _told(epoch, most), most))
            found = staged_embedding(
                snapshot.folder,
                chosen,
                lambda: train_embedding(
                    snapshot.adjacency,
                    chosen,
                    device_of(settings.device),
                    numbers=numbers_of(snapshot),
                    symmetric=snapshot.symmetric_relations,
                    watch=watch,
                    tensorboard=tensorboard,
                ),
            )
    if as_json:
        document = _document(found)
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    else:
        open_output().print(_view(found))


def _told(epoch: "Epoch", most: int) -> str:
    mrr = f", valid MRR {epoch.valid_mrr:.4f}" if epoch.valid_mrr is not None else ""
    return f"epoch {epoch.number} of {most} at most, loss {epoch.loss:.3f}{mrr}"


def _document(found: "GraphEmbedding") -> dict[str, object]:
    from dataclasses import asdict

    return {
        "settings": found.settings.model_dump(),
        "best_epoch": found.best_epoch,
        "facts": dict(found.counts),
        "metrics": {name: asdict(one) for name, one in found.metrics.items()},
    }


def _view(found: "GraphEmbedding") -> Group:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "MRR", "± 95 %", "Hits@1", "Hits@3", "Hits@10", "MRR tails", "MRR heads"):
        table.add_column(Text(name), justify="left" if not name else "right")
    for name, one in found.metrics.items():
        if not name.endswith("(valid)"):
            table.add_row(*(Text(cell) for cell in (clean(name), *_cells(one))))
    counts = found.counts
    lines = [
        f"{counts['train']:,} facts to train on, {counts['valid']:,} to stop by, {counts['test']:,} to test on; "
        "filtered ranks, both ends, ties at their expected rank",
        f"best epoch {found.best_epoch}; the embedding in use is trained as long on all facts",
    ]
    if counts["numbers"]:
        lines.append(f"besides, {counts['numbers']:,} facts about numbers, for the model and for the rules")
    left = counts["redundant"] + counts["reversed"]
    if left:
        lines.append(
            f"left out: {counts['redundant']:,} facts of redundant relations, {counts['reversed']:,} said twice"
        )
    return Group(table, Text(), *(Text(line, "dim") for line in lines))


def _cells(one: "LinkMetrics") -> tuple[str, ...]:
    return (
        f"{one.mrr:.4f}",
        f"{one.mrr_error:.4f}",
        *(f"{one.hits[k]:.3f}" for k in (1, 3, 10)),
        f"{one.mrr_tails:.4f}",
        f"{one.mrr_heads:.4f}",
    )
