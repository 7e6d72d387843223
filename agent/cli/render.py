"""Answers as text for a terminal; whatever comes from a graph or a user passes through `clean` on its way."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kg.namespaces import local_name

if TYPE_CHECKING:
    from agent.answer import (
        Answer,
        AnswerEntity,
        Claim,
        Counterfactual,
        Justification,
        RankedItem,
        TraceStep,
        TripleRow,
    )

READABLE = 100
"""Widest block of text, columns; prose over the whole of a wide screen is hard to follow."""

MAX_PATHS = 2
MAX_ANSWERS = 50
MAX_BARS = 12
MAX_WHAT_IFS = 5
MAX_SHOWN = 300
BAR_WIDTH = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"

_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS: titles, links, clipboard
    r"|\x1b[ -/]*[0-~]"
)
_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # controls, and what reorders the text around it
_SURROGATES = re.compile("[\ud800-\udfff]")
_RAW_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return a text as one line that no terminal obeys: without escape sequences, controls and text reordering."""
    plain = _SPACES.sub(" ", _SEQUENCES.sub("", text))
    return _SURROGATES.sub("\ufffd", _UNSEEN.sub("", plain))


def clean_lines(text: str) -> str:
    """Return a text of several lines, each of them clean."""
    return "\n".join(clean(line) for line in text.splitlines())


def safe_json(text: str) -> str:
    """Return the same JSON with the controls that JSON need not escape, but some terminals obey, escaped."""
    return _RAW_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


@dataclass(frozen=True)
class View:
    """What of an answer to show besides list and prose."""

    paths: bool = True
    evidence: bool = False
    trace: bool = False


def answer_view(answer: "Answer", view: View) -> RenderableType:
    """Show a whole answer: words, list, answers, notices, footer, and the trace where it is wanted."""
    names = known_labels(answer)
    blocks: list[RenderableType] = [Text(clean_lines(answer.text))] if answer.text.strip() else []
    blocks += overview_view(answer)
    if answer.items:
        written = {item.rank: item.justification for item in answer.items if item.justification}
        blocks.append(items_view(answer.items, written, view, names))
    if answer.answers:
        blocks.append(_answers_view(answer.answers, names))
    blocks += _predicted_view(answer)
    blocks += _remarks(answer)
    blocks.append(_footer(answer))
    if view.trace:
        blocks.append(trace_view(answer.trace))
    return _stacked(blocks)


def overview_view(answer: "Answer") -> list[RenderableType]:
    """Show what the items of a list have in common, if that is told."""
    return [Constrain(Text(clean_lines(answer.overview.text), "italic"), READABLE)] if answer.overview else []


def items_view(
    items: Sequence["RankedItem"], written: Mapping[int, "Justification"], view: View, names: Mapping[str, str]
) -> RenderableType:
    """Show a ranked list with the justifications, by rank, that are there by now."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", style="dim", no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for item in items:
        grid.add_row(Text(str(item.rank)), item_view(item, written.get(item.rank), view, names))
    return Constrain(grid, READABLE)


def item_view(
    item: "RankedItem", written: "Justification | None", view: View, names: Mapping[str, str]
) -> RenderableType:
    """Show one item: label, prose, and as much evidence as is wanted."""
    return Group(Text(clean(item.label), "bold"), *_reasons(item, written, view, names))


def _reasons(
    item: "RankedItem", written: "Justification | None", view: View, names: Mapping[str, str]
) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if written:
        lines.append(Text(clean_lines(written.text)))
    if written and view.evidence:
        lines += [_claim_view(claim, names) for claim in written.claims]
    if view.paths or view.evidence:
        shown = item.paths if view.evidence else item.paths[:MAX_PATHS]
        lines += [Text(clean(path.text), "dim") for path in shown]
    return lines


def why_view(item: "RankedItem") -> RenderableType:
    """Show what an item's score is made of, as bars."""
    heading = Text(clean(item.label), "bold").append(f"  score {item.score:.3f}", "not bold dim")
    blocks: list[RenderableType] = [heading, bars("Parts of the score", list(item.parts.items()))]
    causes = _summed((one.label, one.value) for one in item.contributions)
    through = _summed((one.via_label, one.value) for one in item.contributions if one.via)
    for title, values in (("What adds to it", causes), ("Through which ties", through)):
        if values:
            blocks.append(bars(title, values[:MAX_BARS]))
            blocks += [_rest(values[MAX_BARS:])] if values[MAX_BARS:] else []
    return _stacked(blocks)


def what_if_view(what_if: "Counterfactual") -> RenderableType:
    """Show the rank without each of the weightiest history items and facts."""
    blocks: list[RenderableType] = []
    for title, rows in (
        ("Rank without it in the history", what_if.without_history),
        ("Rank without the tie to it", what_if.without_facts),
    ):
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(max_width=36, overflow="ellipsis", no_wrap=True)
        grid.add_column(justify="right", no_wrap=True)
        for one in rows[:MAX_WHAT_IFS]:
            grid.add_row(Text(clean(one.label)), Text(str(one.rank)))
        if rows:
            blocks.append(Group(Text(title, "dim"), Padding(grid, (0, 0, 0, 2), expand=False)))
    return _stacked(blocks)


def _summed(values: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Add up what has one name, the largest first."""
    sums: dict[str, float] = {}
    for name, value in values:
        sums[name] = sums.get(name, 0.0) + value
    return sorted(sums.items(), key=lambda one: -abs(one[1]))


def _rest(values: Sequence[tuple[str, float]]) -> Text:
    return Text(f"  and {len(values)} more, together {sum(value for _, value in values):+.3f}", "dim")


def explanation_view(answer: "Answer") -> RenderableType:
    """Show an explained item: the words, its score in bars, and its evidence."""
    names, view = known_labels(answer), View(evidence=True)
    blocks: list[RenderableType] = [Text(clean_lines(answer.text))] if answer.text.strip() else []
    for item in answer.items:
        blocks += [why_view(item), Group(*_reasons(item, item.justification, view, names))]
    if answer.what_if:
        blocks.append(what_if_view(answer.what_if))
    return _stacked([*blocks, *_remarks(answer), _footer(answer)])


def bars(title: str, values: Sequence[tuple[str, float]]) -> RenderableType:
    """Show named numbers as horizontal bars, all to one scale; bars of negative numbers are red."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(max_width=36, overflow="ellipsis", no_wrap=True)
    grid.add_column(width=BAR_WIDTH, no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    largest = max((abs(value) for _, value in values), default=0.0)
    for name, value in values:
        style = "red" if value < 0 else "cyan"
        grid.add_row(Text(clean(name)), Text(bar(value, largest), style), Text(f"{value:+.3f}"))
    return Group(Text(title, "dim"), Padding(grid, (0, 0, 0, 2), expand=False))


def bar(value: float, largest: float, width: int = BAR_WIDTH) -> str:
    """Return a bar whose length is |value| / largest of `width`, to an eighth of a character."""
    eighths = round(8 * width * abs(value) / largest) if largest else 0
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def trace_view(steps: Iterable["TraceStep"]) -> RenderableType:
    """Show the steps of the loop, one block each."""
    return Group(Text("Trace", "dim"), *(_step_view(step) for step in steps))


def known_labels(answer: "Answer") -> dict[str, str]:
    """Return the labels that an answer carries, by IRI."""
    names: dict[str, str] = {}
    for item in answer.items:
        names[item.iri] = item.label
        names |= {one.iri: one.label for one in item.contributions}
        claims = item.justification.claims if item.justification else []
        names |= {fact.iri: fact.label for claim in claims for fact in claim.history}
    return names | {entity.iri: entity.label for entity in answer.answers if entity.iri} | answer.labels


def _step_view(step: "TraceStep") -> RenderableType:
    cost = f"{step.decided_by} · {step.seconds:.2f} s · {step.tokens:,} tokens"
    body = [Text(_short(_arguments(step.arguments)), "dim")] if step.arguments else []
    if step.result or step.size:
        body.append(Text(f"→ {step.size}: {_short(step.result)}" if step.result else f"→ {step.size}"))
    if step.error:
        body.append(Text(f"error: {_short(step.error)}", "red"))
    heading = Text(f"{step.step:>2}  ", "dim").append(clean(step.action), "not dim bold").append(f"  {cost}", "dim")
    return Constrain(Group(heading, *(Padding(line, (0, 0, 0, 4)) for line in body)), READABLE)


def _arguments(arguments: Mapping[str, Any]) -> str:
    told = ((name, json.dumps(value, ensure_ascii=False, default=str)) for name, value in arguments.items())
    return ", ".join(f"{name}={value}" for name, value in told)


def _short(text: str) -> str:
    line = clean(text)
    return line if len(line) <= MAX_SHOWN else f"{line[: MAX_SHOWN - 1]}…"


def _claim_view(claim: "Claim", names: Mapping[str, str]) -> RenderableType:
    backing = [_triple(triple, names) for triple in claim.triples]
    backing += [f"your history · {clean(fact.label)} · {fact.value:g}" for fact in claim.history]
    lines = [Padding(Text(line, "dim"), (0, 0, 0, 2)) for line in backing]
    return Group(Text("▸ ", "cyan").append(clean(claim.text), "default"), *lines)


def _triple(triple: "TripleRow", names: Mapping[str, str]) -> str:
    return " · ".join(clean(names.get(part) or _readable(part)) for part in triple)


def _readable(part: str) -> str:
    return local_name(part).replace("_", " ") if "://" in part else part


def _predicted_view(answer: "Answer") -> list[RenderableType]:
    """Show guesses apart from answers, each with what it comes from."""
    if not answer.predicted:
        return []
    lines = [Text("Predicted; the graph does not state it:", "dim")]
    for one in answer.predicted:
        lines.append(Text("? ", "dim").append(clean(one.text), "not dim").append(f"  {one.source}, {one.score:.2f}"))
    return [Group(*lines)]


def _answers_view(answers: Sequence["AnswerEntity"], names: Mapping[str, str]) -> RenderableType:
    lines: list[Text] = []
    for one in answers[:MAX_ANSWERS]:
        lines.append(Text("• ", "dim").append(clean(one.label), "not dim"))
        lines += [Text(f"  {_triple(triple, names)}", "dim") for triple in one.triples]
    if len(answers) > MAX_ANSWERS:
        lines.append(Text(f"and {len(answers) - MAX_ANSWERS:,} more; --json lists them all", "dim"))
    return Group(*lines)


def _remarks(answer: "Answer") -> list[RenderableType]:
    lines: list[Text] = []
    if answer.removed_by:
        told = ", ".join(f"{count:,} by “{clean(wish)}”" for wish, count in answer.removed_by.items())
        lines.append(Text(f"Left out by your wishes: {told}", "dim"))
    if answer.degraded:
        reasons = "; ".join(clean(reason) for reason in answer.degraded_because) or "something stood in for the model"
        lines.append(Text(f"Note: {reasons}", "yellow"))
    return [Constrain(Group(*lines), READABLE)] if lines else []


def _footer(answer: "Answer") -> RenderableType:
    cost = f"{_counted(answer.calls, 'call')} to the model, {_counted(answer.tokens, 'token')}"
    return Text(f"{answer.timings.get('total', 0.0):.1f} s · {cost if answer.calls else 'no call to the model'}", "dim")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _stacked(blocks: Sequence[RenderableType]) -> RenderableType:
    parted = [part for block in blocks for part in (Text(), Constrain(block, READABLE))]
    return Group(*parted[1:])
