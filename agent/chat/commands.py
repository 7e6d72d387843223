"""The slash commands of the chat."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.answer import RankedItem
from agent.chat.state import ChatState, Journal, new_thread
from agent.cli.entries import entries_view, entry_in_words
from agent.cli.options import MAX_K, whole_number
from agent.cli.render import View, clean, item_view, known_labels, why_view
from agent.errors import RequestError
from agent.proof import write_proof

NOBODY = "-"


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """One command: what it takes, what it is for, and what it does with the chat; it returns what to print."""

    name: str
    takes: str
    purpose: str
    run: Callable[[ChatState, str], RenderableType]


def execute(state: ChatState, line: str) -> RenderableType:
    """Run one slash command.

    Raises:
        RequestError: There is no such command, or its argument cannot be; the message says what can.
    """
    name, _, argument = line.removeprefix("/").partition(" ")
    command = next((one for one in COMMANDS if one.name == name.lower()), None)
    if command is None:
        known = ", ".join(f"/{one.name}" for one in COMMANDS)
        raise RequestError(f"there is no command /{name[:40]}. Known: {known}.")
    return command.run(state, argument.strip())


def _why(state: ChatState, argument: str) -> RenderableType:
    return why_view(_item(state, argument))


def _evidence(state: ChatState, argument: str) -> RenderableType:
    item = _item(state, argument)
    names = known_labels(state.answer) if state.answer else {}
    return item_view(item, item.justification, View(evidence=True), names)


def _item(state: ChatState, argument: str) -> RankedItem:
    shown = state.answer.items if state.answer else []
    if not shown:
        raise RequestError("there is no list yet to look into; ask for something first.")
    item = state.item(int(argument)) if argument.isdecimal() else None
    if item is None:
        raise RequestError(f"expected a number of the list, 1 to {len(shown)}, got {argument[:40]!r}.")
    return item


def _proof(state: ChatState, argument: str) -> RenderableType:
    if state.latest is None or state.prover is None:
        raise RequestError("there is no answer yet to prove; ask for something first.")
    if not argument:
        raise RequestError("expected the name of a file: /proof FILE.")
    file = Path(argument).expanduser()
    write_proof(state.prover.proof(state.latest), file)
    return Text(f"The proof is in {clean(str(file))}; `thence verify {clean(str(file))}` checks it.", "dim")


def _history(state: ChatState, _: str) -> RenderableType:
    user, journal = _own(state)
    entries = journal.feedback(user)
    if not entries:
        return Text("Nothing noted yet. Say what you liked, or what you want none of.", "dim")
    return entries_view(entries, journal.label)


def _undo(state: ChatState, argument: str) -> RenderableType:
    user, journal = _own(state)
    if argument and not (argument.isdecimal() and argument.isascii()):
        raise RequestError(f"expected the number of an entry of /history, got {argument[:40]!r}.")
    undone = journal.undo(user, int(argument) if argument else None)
    return Text(f"Taken back: {entry_in_words(undone, journal.label(undone.iri))}.", "dim")


def _own(state: ChatState) -> tuple[str, Journal]:
    if state.user is None or state.journal is None:
        raise RequestError("there is no user whose words are kept; /user U says who you are.")
    return state.user, state.journal


def _user(state: ChatState, argument: str) -> RenderableType:
    if argument:
        state.user = None if argument == NOBODY else argument
    return Text(f"The user is {clean(state.user)}." if state.user else "No user: only your words count.", "dim")


def _k(state: ChatState, argument: str) -> RenderableType:
    try:
        state.k = whole_number(1, MAX_K)(argument)
    except typer.BadParameter as error:
        raise RequestError(error.message) from error
    return Text(f"Lists have {state.k} items.", "dim")


def _trace(state: ChatState, _: str) -> RenderableType:
    state.trace = not state.trace
    return Text(f"The steps of each answer are {'shown' if state.trace else 'hidden'}.", "dim")


def _new(state: ChatState, _: str) -> RenderableType:
    state.thread, state.answer, state.latest = new_thread(), None, None
    return Text(f"A new conversation: {state.thread}.", "dim")


def _help(_: ChatState, __: str) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for one in COMMANDS:
        grid.add_row(Text(f"/{one.name} {one.takes}".rstrip()), Text(one.purpose, "dim"))
    keys = Text("Ctrl-C stops an answer, Ctrl-D leaves. Everything else is a message.", "dim")
    return Group(
        Text("Say what you would like, ask a question, or refine the list: “without …”, “newer ones”."), grid, keys
    )


def _quit(state: ChatState, _: str) -> RenderableType:
    state.over = True
    return Text("Bye.", "dim")


COMMANDS = (
    SlashCommand("why", "N", "what the score of item N is made of", _why),
    SlashCommand("evidence", "N", "the claims about item N, with the triples that back them", _evidence),
    SlashCommand("proof", "FILE", "write a proof of the last answer, which `thence verify FILE` checks", _proof),
    SlashCommand("history", "", "what you said and what was taken back", _history),
    SlashCommand("undo", "[N]", "take back the last thing you said, or entry N of /history", _undo),
    SlashCommand("user", "U", f"whose history counts; {NOBODY} for nobody's", _user),
    SlashCommand("k", "N", f"how many items a list has, 1 to {MAX_K}", _k),
    SlashCommand("trace", "", "show or hide the steps of each answer", _trace),
    SlashCommand("new", "", "begin a new conversation", _new),
    SlashCommand("help", "", "this list", _help),
    SlashCommand("quit", "", "leave", _quit),
)
