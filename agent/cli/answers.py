"""The commands that answer: recommend, ask, explain and chat."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent.cli import options, session
from agent.cli.display import AnswerDisplay, follow, open_output, tell_stage
from agent.cli.notices import Notices
from agent.cli.render import View, explanation_view, safe_json

if TYPE_CHECKING:
    from pathlib import Path

    from agent.answer import Answer, Event
    from agent.recommender import Recommender
    from agent.settings import Settings

app = typer.Typer()

Query = Annotated[
    str,
    typer.Option(
        "--query", "-q", metavar="TEXT", callback=options.utf8, help="What it should be like, in plain words."
    ),
]
Question = Annotated[
    str, typer.Argument(metavar="QUESTION", callback=options.utf8, help="A question about what the graph knows.")
]
Item = Annotated[
    str,
    typer.Option("--item", "-i", metavar="ITEM", callback=options.utf8, help="Item to explain: its name, id or IRI."),
]
Explore = Annotated[
    float,
    typer.Option("--explore", min=0, max=1, metavar="X", help="From 0: as usual, to 1: more that nobody knows yet."),
]
Diversity = Annotated[
    float,
    typer.Option("--diversity", min=0, max=1, metavar="X", help="From 0: the best, to 1: items unlike each other."),
]
Thread = Annotated[
    str | None,
    typer.Option(
        "--thread",
        metavar="NAME",
        callback=options.utf8,
        help="Conversation to go on with, or to begin under that name.",
    ),
]


ToneOption = Annotated[
    Literal["plain", "short", "playful", "expert"] | None,
    typer.Option(
        "--tone",
        metavar="TONE",
        case_sensitive=False,
        help="How it is said: plain, short, playful or expert; else as the request asks.",
    ),
]
LanguageOption = Annotated[
    str | None,
    typer.Option("--language", metavar="TAG", help="Language of the reasons, by its tag: en, zh, as the domain has."),
]
Steer = Annotated[
    Literal["lir", "sep", "etd"] | None,
    typer.Option(
        "--steer",
        metavar="MEASURE",
        case_sensitive=False,
        help="What chooses among explanations: lir: recent history, sep: popular entities, etd: different kinds.",
    ),
]


@app.command()
def recommend(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    user: options.User = None,
    query: Query = "",
    k: options.Count = options.DEFAULT_K,
    explore: Explore = 0.0,
    diversity: Diversity = 0.0,
    tone: ToneOption = None,
    language: LanguageOption = None,
    steer: Steer = None,
    as_json: options.AsJson = False,
    trace: options.Trace = False,
    evidence: options.Evidence = False,
    proof: options.ProofFile = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    device: options.Device = None,
    home: options.Home = None,
) -> None:
    """Recommend items for a user, a wish in plain words, or both.

    Example: thence recommend --user u01 --query "something like Alien but funnier, no horror"
    """
    settings = session.read_settings(model=model, base_url=base_url, device=device, home=home)
    _answer(
        domain,
        settings,
        lambda recommender: recommender.stream(
            query,
            user=user,
            k=k,
            intent="recommend",
            explore=explore,
            diversity=diversity,
            tone=tone,
            language=language,
            steer=steer,
        ),
        View(evidence=evidence, trace=trace),
        as_json=as_json,
        proof=proof,
    )


@app.command()
def ask(
    question: Question,
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    user: options.User = None,
    thread: Thread = None,
    as_json: options.AsJson = False,
    trace: options.Trace = False,
    proof: options.ProofFile = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    device: options.Device = None,
    home: options.Home = None,
) -> None:
    """Answer a question from the graph.

    With `--thread` a conversation goes on, and a pronoun speaks of what it named last: "who wrote it?".

    Example: thence ask "who directed films with Harrison Ford?"
    """
    settings = session.read_settings(model=model, base_url=base_url, device=device, home=home)
    _answer(
        domain,
        settings,
        lambda recommender: recommender.stream(question, user=user, intent="ask", thread=thread),
        View(trace=trace),
        as_json=as_json,
        proof=proof,
    )


@app.command()
def explain(
    item: Item,
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    user: options.User = None,
    tone: ToneOption = None,
    language: LanguageOption = None,
    as_json: options.AsJson = False,
    proof: options.ProofFile = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    device: options.Device = None,
    home: options.Home = None,
) -> None:
    """Explain why an item is, or is not, for a user: what its score is made of.

    Example: thence explain --user u01 --item "Blade Runner"
    """
    settings = session.read_settings(model=model, base_url=base_url, device=device, home=home)
    with Notices() as notices, closing(session.open_recommender(domain, settings, notices)) as recommender:
        notices.say("Explaining")
        answer = asyncio.run(recommender.aexplain(item=item, user=user, tone=tone, language=language))
        notices.stop()
        if as_json:
            _print_json(answer)
        else:
            open_output().print(explanation_view(answer))
        _keep(recommender, answer, proof, notices)


@app.command()
def chat(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    user: options.User = None,
    thread: Thread = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    device: options.Device = None,
    home: options.Home = None,
) -> None:
    """Talk about what to choose; /help in the chat lists what it understands besides plain words."""
    settings = session.read_settings(model=model, base_url=base_url, device=device, home=home)
    with Notices() as notices, closing(session.open_recommender(domain, settings, notices)) as recommender:
        session.open_chat(recommender, settings, notices, user=user, thread=thread)


def _answer(
    domain: str,
    settings: "Settings",
    stream: "Callable[[Recommender], AsyncIterator[Event]]",
    view: View,
    *,
    as_json: bool,
    proof: "Path | None",
) -> None:
    with Notices() as notices, closing(session.open_recommender(domain, settings, notices)) as recommender:
        if as_json:
            answer = asyncio.run(follow(stream(recommender), tell_stage(notices)))
            notices.stop()
            _print_json(answer)
        else:
            with AnswerDisplay(open_output(), notices, view) as display:
                answer = asyncio.run(follow(stream(recommender), display.show))
        _keep(recommender, answer, proof, notices)


def _keep(recommender: "Recommender", answer: "Answer", proof: "Path | None", notices: Notices) -> None:
    """Write the proof of an answer, where one is wanted; the answer stands on the screen already."""
    if proof is not None:
        notices.say(f"Writing the proof to {proof}")
        session.write_proof(recommender, answer, proof)


def _print_json(answer: "Answer") -> None:
    sys.stdout.write(safe_json(answer.model_dump_json(indent=2)) + "\n")
