"""The command `thence eval questions`; what it runs is imported when it is called."""
# ruff: noqa: PLC0415

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import safe_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from agent.settings import Settings
    from eval.questions import Disagreement, Outcome, Question, Row

app = typer.Typer()

File = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Questions with their answers, as JSON lines.")
]
Generated = Annotated[
    int | None,
    typer.Option(
        "--generated",
        min=1,
        max=10_000,
        metavar="N",
        help="Instead: N questions made from the graph, in the words that `thence tune --hold-out` kept out.",
    ),
]
HeldOutFile = Annotated[
    Path | None,
    typer.Option("--held-out", metavar="FILE", help="The words to ask in; default: those beside the adapter in use."),
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Ask about N of them, evenly chosen.")]
Concurrency = Annotated[int, typer.Option("--concurrency", min=1, max=64, metavar="N", help="Questions at a time.")]
Untuned = Annotated[bool, typer.Option("--untuned/--no-untuned", help="Add a row of the model without its adapter.")]
OnlyRules = Annotated[bool, typer.Option("--only-rules", help="Ask the rules alone; no model is started.")]
Wrong = Annotated[
    Path | None, typer.Option("--wrong", metavar="FILE", help="Write the questions that we got wrong, as JSON lines.")
]


@app.command()
def questions(
    *,
    file: File = None,
    generated: Generated = None,
    held_out: HeldOutFile = None,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    limit: Limit = None,
    concurrency: Concurrency = 16,
    untuned: Untuned = False,
    only_rules: OnlyRules = False,
    wrong: Wrong = None,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Ask questions whose complete answers are known, of the model, of the rules alone, and of the untuned model.

    Strict: F1 of the answer set by IRI, and whether it is exactly right. Lenient, beside it: whether the first answer
    is right (Hits@1), and whether any is. Each line holds `question` and `answers` (`iri` or `literal`); `hops`,
    `qtype`, `topic_entity_iri` and `relation_path` make the tables finer.
    """
    if (file is None) == (generated is None):
        raise typer.BadParameter("give either --file FILE or --generated N.", param_hint="--file")
    with Notices() as notices:
        settings = session.read_settings(home=home)
        snapshot = session.open_domain(domain, settings.home, notices)
        from eval.questions import as_lines, disagreement, summarised

        if file is not None:
            from eval.questions import load_questions

            asked = load_questions(file, snapshot, limit)
        else:
            from eval.generated import find_held_out, generated_questions

            words = find_held_out(snapshot.manifest.name, settings, held_out)
            asked = generated_questions(snapshot, generated or 0, words)
        found: dict[str, tuple[list[Outcome], float]] = {}
        if not only_rules:
            found["model"] = _asked(domain, settings, asked, concurrency, notices)
        found["rules alone"] = _asked(domain, settings, asked, 0, notices)
        if untuned and not only_rules:
            plain = settings.model_copy(update={"adapter": "none"})
            found["untuned model"] = _asked(domain, plain, asked, concurrency, notices)
    rows = [summarised(name, outcomes, seconds) for name, (outcomes, seconds) in found.items()]
    first = next(iter(found.values()))[0]
    differing = [disagreement(first, one, name) for name, (one, _) in list(found.items())[1:]]
    if wrong is not None:
        wrong.write_text(as_lines(first), "utf-8")
    if as_json:
        told = {"rows": [asdict(row) for row in rows], "disagreements": [asdict(one) for one in differing]}
        sys.stdout.write(safe_json(json.dumps(told, indent=2)) + "\n")
    else:
        open_output().print(_view(rows, differing))


def _asked(
    domain: str, settings: "Settings", questions: "list[Question]", concurrency: int, notices: Notices
) -> "tuple[list[Outcome], float]":
    """Ask all questions; of the rules alone where `concurrency` is 0."""
    from agent.recommender import Recommender
    from eval.questions import NoModel, ask_all

    gate = None if concurrency else NoModel(settings, notices.say)
    notices.say(f"Opening {domain}")
    with Recommender.load(domain, settings=settings, progress=notices.say, gate=gate) as recommender:
        told = lambda done: notices.say(f"Asking: {done} of {len(questions)}")  # noqa: E731
        return asyncio.run(ask_all(recommender, questions, max(concurrency, 1), told))


def _view(rows: "list[Row]", differing: "list[Disagreement]") -> "RenderableType":
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    heads = ("", "n", "F1", "95 %", "exact", "Hits@1", "any")
    table = Table(*heads, title="Answers (F1 and exact are strict)", title_justify="left")
    for row in rows:
        hops = [(f"{hops} hop" if hops != "0" else "-", one) for hops, one in row.by_hops.items()]
        for name, one in [("all", row.overall), *hops]:
            rest = [f"{value:.3f}" for value in (one.exact, one.first, one.any)]
            table.add_row(f"{row.name}, {name}", str(one.n), f"{one.f1:.3f}", f"±{one.half:.3f}", *rest)
    more = ("", "rules stood in", "invalid", "wrong link", "wrong path", "calls", "tokens", "p50 s", "p95 s", "per s")
    costs = Table(*more, title="Behind them", title_justify="left")
    for row in rows:
        shares = [f"{value:.1%}" for value in (row.by_rules, row.invalid, row.wrong_link, row.wrong_path)]
        spent = [f"{row.calls:.2f}", f"{row.tokens:.0f}", f"{row.p50:.2f}", f"{row.p95:.2f}", f"{row.per_second:.1f}"]
        costs.add_row(row.name, *shares, *spent)
    kinds = Table("F1 by kind", *(row.name for row in rows))
    for kind in rows[0].by_kind:
        kinds.add_row(kind or "-", *(f"{row.by_kind[kind].f1:.3f}" for row in rows))
    told = [
        Text(
            f"{rows[0].name} and {one.other} differ on {one.share:.1%} of the questions: there {rows[0].name} is right "
            f"in {one.first_right:.1%}, {one.other} in {one.other_right:.1%}."
        )
        for one in differing
    ]
    return Group(table, costs, kinds, *told)
