"""One run of `thence eval grounding`: our lists first, then the peers on the same items through the same server."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.feedback import Feedback
from agent.gate import ModelGate
from agent.ledger import FILE, Ledger
from agent.model.adapters import chosen_adapter, fingerprint, with_adapter
from agent.recommender import Recommender
from agent.settings import Settings
from agent.toolbox import Toolbox, open_toolbox
from eval.grounding import OURS, ListRun, Text, Work, draw_users, run_lists
from eval.grounding_evidence import Evidences
from eval.grounding_measures import list_row, path_rows, writer_row
from eval.grounding_peers import PEERS, UNTUNED, run_peer
from eval.grounding_report import GroundingReport, Setting, versions
from eval.questions import NoModel
from eval.turns import Tell
from kg.domain import Domains
from kg.snapshot import Snapshot
from tools.path_quality import in_degrees, path_kinds, shared_popularity

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class GroundingTask:
    """What is asked.

    Attributes:
        only_code: Leaves the model and the peers out.
        untuned: Adds the peers on the model without its adapter, where it has one; their server is another one.
    """

    users: int
    k: int
    samples: int
    seed: int
    concurrency: int
    only_code: bool
    untuned: bool


@dataclass(frozen=True, slots=True)
class _Run:
    lists: list[ListRun]
    work: list[list[Work]]
    peers: dict[str, list[Text]]
    model: str


def measure_grounding(domain: str, settings: Settings, task: GroundingTask, say: Say) -> GroundingReport:
    """Run everything that is asked.

    Raises:
        ModelError: The model cannot be reached; its absence is not measured as though it were its doing.
        EvaluationError: Nobody has a history.
        ThenceError: The domain is unknown or cannot be read.
    """
    settings = with_adapter(settings, domain)
    domains = Domains(settings.home, settings.endpoint_access)
    domains.find(domain)  # a wrong name fails before a server starts
    gate = NoModel(settings, say) if task.only_code else ModelGate(settings, say)
    gate.begin()
    try:
        toolbox = open_toolbox(domain, domains, device=settings.device, progress=say)
    except BaseException:
        gate.close()
        raise
    with Recommender(toolbox, gate, settings) as recommender:
        evidences = Evidences(toolbox, Feedback(toolbox.snapshot, Ledger(settings.home / FILE)))
        run = asyncio.run(_run(recommender, gate, evidences, task, say))
        if task.untuned and _adapter(settings, task):
            run.peers.update(_untuned(settings, run.work, task, say))
        return _report(toolbox, evidences, settings, task, run)


def _untuned(settings: Settings, work: list[list[Work]], task: GroundingTask, say: Say) -> dict[str, list[Text]]:
    gate = ModelGate(settings.model_copy(update={"adapter": "none"}), say)
    try:
        return asyncio.run(_peers(gate, work, task, say, tuned=False))
    finally:
        gate.close()


def _adapter(settings: Settings, task: GroundingTask) -> Path | None:
    """Return the adapter of the model that ours is written by; a server of somebody else's tells of none."""
    return None if task.only_code or settings.base_url else chosen_adapter(settings)


async def _run(recommender: Recommender, gate: ModelGate, evidences: Evidences, task: GroundingTask, say: Say) -> _Run:
    users = draw_users(evidences.snapshot.interactions, task.users, task.seed)
    model = "none" if task.only_code else await _model(gate)
    say("Warming up")
    await recommender.arecommend(user=users[0], k=1)  # the first list of a process waits for what the others do not
    lists, work = await run_lists(
        recommender, evidences, users, task.k, concurrency=task.concurrency, tell=_telling(say, OURS, len(users))
    )
    return _Run(lists, work, {} if task.only_code else await _peers(gate, work, task, say, tuned=True), model)


async def _peers(
    gate: ModelGate, work: list[list[Work]], task: GroundingTask, say: Say, *, tuned: bool
) -> dict[str, list[Text]]:
    """Let the peers write of what we wrote of; of an item without evidence they could only invent."""
    known = [[one for one in items if one.brief.facts] for items in work]
    found: dict[str, list[Text]] = {}
    for name in PEERS:
        writer = name if tuned else f"{name}{UNTUNED}"
        tell = _telling(say, writer, len(work))
        found[writer] = await run_peer(name, gate, known, concurrency=task.concurrency, tell=tell, tuned=tuned)
    return found


async def _model(gate: ModelGate) -> str:
    async with gate.client() as client:
        return client.model


def _telling(say: Say, name: str, lists: int) -> Tell:
    return lambda done: say(f"Writing lists, {name} ({done} of {lists})")


def _report(
    toolbox: Toolbox, evidences: Evidences, settings: Settings, task: GroundingTask, run: _Run
) -> GroundingReport:
    snapshot: Snapshot = toolbox.snapshot
    ours = [text for one in run.lists for text in one.texts]
    writers = [writer_row(OURS, ours, task.seed, ours=True)]
    writers += [writer_row(name, texts, task.seed, ours=False) for name, texts in run.peers.items()]
    adapter = _adapter(settings, task)
    return GroundingReport(
        setting=Setting(
            domain=snapshot.manifest.name,
            users=len(run.lists),
            k=task.k,
            seed=task.seed,
            concurrency=task.concurrency,
            model=run.model,
            adapter=f"{adapter.name} {fingerprint(adapter)}" if adapter else "none",
            versions=versions(),
        ),
        writers=writers,
        lists=list_row(run.lists),
        paths=path_rows(
            run.lists,
            task.k,
            moments=evidences.moments,
            popularity=shared_popularity(in_degrees(snapshot.adjacency)),
            kinds=path_kinds(snapshot.adjacency, snapshot.items),
            seed=task.seed,
        ),
        texts=[*ours, *(text for texts in run.peers.values() for text in texts)],
        n_samples=task.samples,
    )
