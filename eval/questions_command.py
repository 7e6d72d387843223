"""The command `thence eval questions`; what it runs is imported when it is called."""
# ruff: noqa: PLC0415

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import safe_json

if TYPE_CHECKING:
    from agent.settings import Settings
    from eval.questions import Outcome, Question
    from eval.questions_peer import AgentRow

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
FirstPlans = Annotated[
    bool,
    typer.Option(
        "--first-plans",
        help="Add a row for each model in which its first plan is carried out, be it what was asked or not.",
    ),
]
InFull = Annotated[
    bool,
    typer.Option(
        "--in-full",
        help="Add a row in which the model writes whole answers, also what it does not decide; its server starts anew.",
    ),
]
OnlyRules = Annotated[bool, typer.Option("--only-rules", help="Ask the rules alone; no model is started.")]
AgentQuestions = Annotated[
    int,
    typer.Option(
        "--agent-questions",
        min=0,
        max=1000,
        metavar="N",
        help="Ask N of them of LangChain's prebuilt agent, too, with the same tools and model; it is slow.",
    ),
]
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
    first_plans: FirstPlans = False,
    in_full: InFull = False,
    only_rules: OnlyRules = False,
    agent_questions: AgentQuestions = 0,
    wrong: Wrong = None,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Ask questions whose complete answers are known, of the model, of the rules alone, and of the untuned model.

    Strict: F1 of the answer set by IRI, and whether it is exactly right. Lenient, beside it: whether the first answer
    is right (Hits@1), and whether any is. Each line holds `question` and `answers` (`iri` or `literal`; none where the
    graph states nothing of what is asked, which it is right to say); `hops`, `qtype`, `topic_entity_iri` and
    `relation_path` make the tables finer.
    """
    if (file is None) == (generated is None):
        raise typer.BadParameter("give either --file FILE or --generated N.", param_hint="--file")
    with Notices() as notices:
        settings = session.read_settings(home=home)
        snapshot = session.open_domain(domain, settings.home, notices)
        from eval.questions import as_lines, disagreement, evenly, summarised

        if file is not None:
            from eval.questions import load_questions

            asked = load_questions(file, snapshot, limit)
        else:
            from eval.generated import find_held_out, generated_questions

            words = find_held_out(snapshot.manifest.name, settings, held_out)
            asked = generated_questions(snapshot, generated or 0, words)
        tasks = evenly([one for one in asked if one.gold], agent_questions)
        found: dict[str, tuple[list[Outcome], float]] = {}
        peers: list[AgentRow] = []
        for way in _ways(settings, only_rules=only_rules, in_full=in_full, first_plans=first_plans, untuned=untuned):
            found[way.name] = _asked(domain, way, asked, concurrency, notices)
            if tasks and way.has_peers:
                peers += _peers(domain, way.settings, tasks, concurrency, notices)
    rows = [summarised(name, outcomes, seconds) for name, (outcomes, seconds) in found.items()]
    first = next(iter(found.values()))[0]
    differing = [disagreement(first, one, name) for name, (one, _) in list(found.items())[1:]]
    if peers:
        from eval.questions_peer import our_row

        ours = [one for one in first if one.question in tasks]
        peers = [our_row("Thence", ours), *peers]
    if wrong is not None:
        wrong.write_text(as_lines(first), "utf-8")
    if as_json:
        told = {
            "rows": [asdict(row) for row in rows],
            "disagreements": [asdict(one) for one in differing],
            "agents": [asdict(one) for one in peers],
        }
        sys.stdout.write(safe_json(json.dumps(told, indent=2)) + "\n")
    else:
        from eval.questions_tables import view

        open_output().print(view(rows, differing, peers))


@dataclass(frozen=True)
class _Way:
    """One way to have the questions answered.

    Attributes:
        has_peers: Whether LangChain's prebuilt agent is asked with the same model, where it is asked.
    """

    name: str
    settings: "Settings"
    by_rules: bool = False
    in_full: bool = False
    has_peers: bool = False


def _ways(settings: "Settings", *, only_rules: bool, in_full: bool, first_plans: bool, untuned: bool) -> Iterator[_Way]:
    """Yield the ways that are wanted, ours first."""
    from eval.questions import FIRST_PLANS, UNTUNED_FIRST_PLANS

    rules = _Way("rules alone", settings, by_rules=True)
    if only_rules:
        yield rules
        return
    first_only = {"second_look": False}
    yield _Way("model", settings, has_peers=True)
    if in_full:
        yield _Way("model, in full", settings, in_full=True)
    yield rules
    if first_plans:
        yield _Way(FIRST_PLANS, settings.model_copy(update=first_only))
    if untuned:
        plain = settings.model_copy(update={"adapter": "none"})
        yield _Way("untuned model", plain, has_peers=True)
        if first_plans:
            yield _Way(UNTUNED_FIRST_PLANS, plain.model_copy(update=first_only))


def _asked(
    domain: str, way: _Way, questions: "list[Question]", concurrency: int, notices: Notices
) -> "tuple[list[Outcome], float]":
    """Ask all questions, in one way."""
    from agent.gate import ModelGate
    from agent.model.adapters import with_adapter
    from agent.recommender import Recommender
    from agent.server import ensure, stop
    from eval.questions import NoModel, ask_all, ensure_in_full, wait_for_model
    from kg.domain import Domains

    settings = way.settings
    if way.in_full and settings.base_url is None:
        stop(settings)  # it has read every prompt by now, and would not read them again
    if way.by_rules:
        gate: ModelGate = NoModel(settings, notices.say)
    else:
        tuned = with_adapter(settings, Domains(settings.home, settings.endpoint_access).find(domain).name)
        gate = ModelGate(tuned, notices.say, ensure_in_full if way.in_full else ensure)
    notices.say(f"Opening {domain}")
    with Recommender.load(domain, settings=settings, progress=notices.say, gate=gate) as recommender:
        asyncio.run(wait_for_model(gate))
        told = lambda done: notices.say(f"Asking: {done} of {len(questions)}")  # noqa: E731
        return asyncio.run(ask_all(recommender, questions, 1 if way.by_rules else concurrency, told))


def _peers(
    domain: str, settings: "Settings", tasks: "list[Question]", concurrency: int, notices: Notices
) -> "list[AgentRow]":
    """Let the prebuilt agent do the tasks with the same model, its calls free and then held to the tools' schemas."""
    from agent.gate import ModelGate
    from agent.model.adapters import NONE, with_adapter
    from agent.toolbox import open_toolbox
    from eval.questions_peer import FREE, HELD, agent_row, run_agent
    from kg.domain import Domains

    ending = ", untuned" if settings.adapter == NONE else ""
    domains = Domains(settings.home, settings.endpoint_access)
    gate = ModelGate(with_adapter(settings, domains.find(domain).name), notices.say)
    toolbox, rows = open_toolbox(domain, domains, device=settings.device, progress=notices.say), list["AgentRow"]()
    try:
        for name, held in ((FREE, False), (HELD, True)):
            told = lambda done: notices.say(f"create_agent: {done} of {len(tasks)}")  # noqa: E731
            work = run_agent(toolbox, gate, tasks, held=held, concurrency=concurrency, tell=told)
            rows.append(agent_row(f"{name}{ending}", asyncio.run(work)))
    finally:
        gate.close()
        toolbox.close()
    return rows
