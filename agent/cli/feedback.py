"""The commands about what a user said: ratings, likes, what is unwanted; to list, take back, export and erase."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.entries import entries_view, entry_in_words
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json
from agent.errors import RequestError

if TYPE_CHECKING:
    from agent.feedback import Feedback
    from agent.ledger import Entry

app = typer.Typer(no_args_is_help=True, help="Say what you think of items; the next list rests on it. Undo, erase.")

Item = Annotated[
    str, typer.Argument(metavar="ITEM", callback=options.utf8, help="An item: its name, its id or its IRI.")
]
Entity = Annotated[
    str, typer.Argument(metavar="NAME", callback=options.utf8, help="Somebody or something of the graph, or its IRI.")
]
Value = Annotated[float, typer.Argument(metavar="VALUE", help="On the scale of the domain (`thence domain show`).")]
User = Annotated[
    str,
    typer.Option(
        "--user", "-u", metavar="U", callback=options.utf8, help="Who says it: a user of the domain, or a new name."
    ),
]
Number = Annotated[int | None, typer.Argument(metavar="[ENTRY]", help="Entry of `list`; the last one that counts.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command()
def rate(
    item: Item,
    value: Value,
    *,
    user: User,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Rate an item on the scale of the domain.

    Example: thence feedback rate "Blade Runner" 5 --user u01
    """
    _note(domain, user, home, lambda feedback: feedback.rate(user, item, value), as_json=as_json)


@app.command()
def like(
    item: Item,
    *,
    user: User,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Say that an item is liked."""
    _note(domain, user, home, lambda feedback: feedback.like(user, item), as_json=as_json)


@app.command()
def dislike(
    item: Item,
    *,
    user: User,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Say that an item is not liked."""
    _note(domain, user, home, lambda feedback: feedback.dislike(user, item), as_json=as_json)


@app.command()
def seen(
    item: Item,
    *,
    user: User,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Say that an item is known, without an opinion: it is not recommended any more."""
    _note(domain, user, home, lambda feedback: feedback.seen(user, item), as_json=as_json)


@app.command()
def avoid(
    entity: Entity,
    *,
    user: User,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Want nothing that is related to somebody or something, until it is taken back."""
    _note(domain, user, home, lambda feedback: feedback.avoid(user, entity), as_json=as_json)


@app.command()
def prefer(
    entity: Entity,
    *,
    user: User,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Rather want what is related to somebody or something, until it is taken back."""
    _note(domain, user, home, lambda feedback: feedback.prefer(user, entity), as_json=as_json)


@app.command("list")
def list_entries(
    *,
    user: User,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """List all that a user said, and what was taken back."""
    feedback = _open(domain, home)
    entries = feedback.entries(user)
    if as_json:
        return _print_json([_told(feedback, one) for one in entries])
    if not entries:
        return open_output().print(Text(f"{clean(user)} has said nothing yet.", "dim"))
    return open_output().print(entries_view(entries, feedback.label))


@app.command()
def undo(
    entry: Number = None,
    *,
    user: User,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Take back the last thing that a user said, or one entry of the list."""
    feedback = _open(domain, home)
    undone = feedback.undo(user, entry)
    if as_json:
        return _print_json(_told(feedback, undone))
    words = entry_in_words(undone, feedback.label(undone.iri))
    return open_output().print(Text(f"Taken back: {clean(user)} {words} (entry {undone.id})."))


@app.command()
def export(*, user: User, domain: options.Domain = options.DEFAULT_DOMAIN, home: options.Home = None) -> None:
    """Print all that a user said as a JSON document."""
    sys.stdout.write(safe_json(_open(domain, home).export(user)) + "\n")


@app.command()
def refit(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Let the ranker learn from what everybody said here, too; a chat does so by itself when enough was said.

    Example: thence feedback refit
    """
    with Notices() as notices:
        users = session.refit(domain, session.read_settings(home=home).home, notices)
    if as_json:
        return _print_json({"domain": domain, "users": users})
    who = "one user" if users == 1 else f"{users} users"
    return open_output().print(Text(f"The ranker now rests on the words of {who}, too."))


@app.command()
def erase(
    *,
    user: User,
    yes: Yes = False,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Delete all that a user said, for good; conversations and the domain's own data stay as they are."""
    feedback = _open(domain, home)
    count = len(feedback.entries(user))
    if count and not yes and not _confirmed(f"Erase {count} entries of {clean(user)} in {clean(domain)}, for good?"):
        return open_output().print(Text("Nothing was erased."))
    erased = feedback.erase(user)
    if as_json:
        return _print_json({"user": user, "erased": erased})
    return open_output().print(Text(f"Erased {erased} {'entry' if erased == 1 else 'entries'} of {clean(user)}."))


def _note(domain: str, user: str, home: Path | None, note: "Callable[[Feedback], Entry]", *, as_json: bool) -> None:
    feedback = _open(domain, home)
    entry = note(feedback)
    if as_json:
        return _print_json(_told(feedback, entry))
    words = entry_in_words(entry, feedback.label(entry.iri))
    new = " (not in the domain's own data)" if feedback.is_new(user) else ""
    out = open_output()
    out.print(Text(f"Noted: {clean(user)}{new} {words}."))
    return out.print(Text(f"Entry {entry.id}; {clean(entry.iri)}; `thence feedback undo` takes it back.", "dim"))


def _open(domain: str, home: Path | None) -> "Feedback":
    with Notices() as notices:
        return session.open_feedback(domain, session.read_settings(home=home).home, notices)


def _confirmed(question: str) -> bool:
    """Ask on standard error; where nobody can answer, nothing is taken for a yes."""
    if not sys.stdin.isatty():
        raise RequestError("erasing has to be confirmed; say --yes where nobody can be asked.")
    return typer.confirm(question, err=True)


def _told(feedback: "Feedback", entry: "Entry") -> dict[str, object]:
    return asdict(entry) | {"label": feedback.label(entry.iri)}


def _print_json(data: object) -> None:
    sys.stdout.write(safe_json(json.dumps(data, ensure_ascii=False, indent=2)) + "\n")
