"""What the commands open.

The imports stand inside the functions because torch, langgraph and openai take seconds to import: `thence --help` and
tab completion must not wait for what they do not use. This is the one module that does so.
"""
# ruff: noqa: PLC0415

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typer.core import TyperGroup

    from agent.answer import Answer
    from agent.cli.notices import Notices
    from agent.feedback import Feedback
    from agent.proof import Proof, Report
    from agent.recommender import Recommender
    from agent.settings import Settings
    from agent.toolbox import Toolbox
    from kg.building.text import ExtractedTriple, TripleExtractor
    from kg.domain import Domains
    from kg.importing import Import
    from kg.snapshot import Snapshot
    from kg.types import Iri

COMMANDS = "thence.commands"
"""Entry points of this group are Typer apps; so `agent` offers commands of packages that it must not import."""


def read_settings(**overrides: Any) -> "Settings":
    """Return the settings with the options of the command line on top; None counts as not given."""
    from agent.settings import load_settings

    return load_settings(**overrides)


def open_recommender(domain: str, settings: "Settings", notices: "Notices") -> "Recommender":
    """Open the recommender of a domain; whoever opens it closes it."""
    notices.say(f"Opening {domain}")
    from agent.recommender import Recommender

    recommender = Recommender.load(domain, settings=settings, progress=notices.say)
    if recommender.is_untaught:
        notices.note(
            f"the model has not learned the words of {domain}, and misreads more of what is asked; "
            f"`thence tune --domain {domain}` teaches it, from the graph alone, within an hour or two."
        )
    return recommender


def open_domains(home: Path) -> "Domains":
    """Return the domains of this machine."""
    from kg.domain import Domains

    return Domains(home, read_settings(home=home).endpoint_access)


def open_domain(name: str, home: Path, notices: "Notices") -> "Snapshot":
    """Open one domain without a model; its graph is read first where that was not done yet."""
    from kg.snapshot import open_snapshot

    domains = open_domains(home)
    domain = domains.find(name)
    return open_snapshot(domain, domains.fitted(domain), notices.say)


def open_tools(name: str, settings: "Settings", notices: "Notices") -> "AbstractContextManager[Toolbox]":
    """Open the tools of a domain without a model; what they need is fitted first where that was not done yet."""
    from agent.toolbox import open_toolbox

    domains = open_domains(settings.home)
    return closing(open_toolbox(name, domains, device=settings.device, progress=notices.say))


def open_feedback(name: str, home: Path, notices: "Notices") -> "Feedback":
    """Open the feedback of a domain's users; neither a model nor a ranker is needed for it."""
    snapshot = open_domain(name, home, notices)
    from agent.feedback import Feedback
    from agent.ledger import FILE, Ledger

    return Feedback(snapshot, Ledger(home / FILE))


def write_proof(recommender: "Recommender", answer: "Answer", file: Path) -> None:
    """Write the proof of an answer to a file."""
    from agent.proof import write_proof as write

    write(recommender.proof(answer), file)


def check_proof(
    file: Path, domain: str | None, settings: "Settings", notices: "Notices", *, scores: bool
) -> "tuple[Proof, Report]":
    """Check a proof against the graph of its domain, or of another one; the model server is not asked."""
    from agent.errors import ProofError
    from agent.feedback import Feedback
    from agent.ledger import FILE, Ledger
    from agent.proof import check_proof as check
    from agent.proof import check_scores, read_proof
    from kg.snapshot import open_snapshot

    notices.say(f"Reading {file}")
    proof = read_proof(file)
    domains, name = open_domains(settings.home), domain or proof.graph.domain
    if domain is None and name not in domains.folders():  # what a file says must not name a folder to open
        known = ", ".join(sorted(domains.folders()))
        raise ProofError(f"the proof is of the domain {name[:60]!r}, which is not here. Known: {known}. See --domain.")
    ledger = Ledger(settings.home / FILE)
    if scores:
        with open_tools(name, settings, notices) as toolbox:
            notices.say("Checking the proof")
            return proof, check_scores(proof, toolbox, Feedback(toolbox.snapshot, ledger), ledger)
    opened = domains.find(name)
    snapshot = open_snapshot(opened, domains.fitted(opened), notices.say)
    notices.say("Checking the proof")
    return proof, check(proof, snapshot, Feedback(snapshot, ledger))


def refit(name: str, home: Path, notices: "Notices") -> int:
    """Fit the ranker anew on the domain's history and the ledger; return how many of its users that rests on."""
    snapshot = open_domain(name, home, notices)
    from agent.feedback import Feedback
    from agent.ledger import FILE, Ledger
    from agent.refit import Refitter
    from tools.ranking.ranker import open_model

    notices.say("Fitting the ranker")
    ledger = Ledger(home / FILE)
    return Refitter(snapshot, Feedback(snapshot, ledger), ledger, open_model(snapshot)).run()


def import_folder(source: Path, name: str, home: Path, *, replace: bool) -> "Import":
    """Import a folder as a domain."""
    from kg.importing import import_domain

    return import_domain(source, name, open_domains(home), replace=replace)


def extract(
    snapshot: "Snapshot", settings: "Settings", notices: "Notices", texts: "Sequence[tuple[Iri, str]]", *, rules: bool
) -> "tuple[list[ExtractedTriple], str]":
    """Read triples out of texts; where the model is away, by rules. Return them with the name of who read them."""
    import asyncio

    from agent.errors import ModelError
    from agent.extraction import ModelExtractor
    from agent.gate import ModelGate
    from kg.building.phrases import PhraseExtractor
    from kg.building.text import TextReader, extract_triples

    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        notices.say(f"Reading descriptions ({done:,} of {len(texts):,})")

    async def read(extractor: "TripleExtractor") -> "tuple[list[ExtractedTriple], str]":
        found = extract_triples(TextReader(snapshot), extractor, texts, tick=tick)
        return [one async for one in found], extractor.name

    if not rules:
        gate = ModelGate(settings, notices.say)
        try:
            return asyncio.run(read(ModelExtractor(gate, snapshot.manifest, settings.model)))
        except ModelError as error:
            notices.error(f"{error} The descriptions are read by rules instead.")
            done = 0
        finally:
            gate.close()
    return asyncio.run(read(PhraseExtractor(snapshot.manifest)))


def open_chat(
    recommender: "Recommender", settings: "Settings", notices: "Notices", *, user: str | None, thread: str | None
) -> None:
    """Chat until the user leaves."""
    from agent.chat import chat

    chat(recommender, settings, notices, user=user, thread=thread)


def model_commands() -> "TyperGroup":
    """Return the commands of the model server."""
    from typer.main import get_group

    from agent.cli.model import app

    return get_group(app)


def added_commands() -> list[str]:
    """Return the names of the groups of commands that installed packages add."""
    from importlib.metadata import entry_points

    return sorted(entry_points(group=COMMANDS).names)


def added_command(name: str) -> "TyperGroup | None":
    """Return one group of commands that an installed package adds, or None."""
    from importlib.metadata import entry_points

    from typer.main import get_group

    for entry in entry_points(group=COMMANDS, name=name):
        group = get_group(entry.load())
        group.name = name
        return group
    return None


def fold(text: str) -> str:
    """Return a text without case, accents and punctuation, as the label index compares it."""
    from kg.labels import fold as folded

    return folded(text)


def version() -> str:
    """Return the installed version of Thence."""
    from importlib import metadata

    try:
        return metadata.version("thence")
    except metadata.PackageNotFoundError:
        return "(not installed)"
