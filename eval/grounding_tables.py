"""The report of `thence eval grounding` as tables for a terminal, and the samples for reading."""

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agent.cli.render import clean, clean_lines
from eval.grounding import Text as Written
from eval.grounding_measures import PathRow, Times, WriterRow
from eval.grounding_report import GOALS, YARDSTICKS, GroundingReport
from eval.significance import Estimate

Cell = Callable[[WriterRow], str]
ABOUT_PATHS = (
    "LIR: recency of the interaction that a path begins with; SEP: popularity of the entity that it leads through; "
    "ETD: distinct types by min(k, types). Steered: chosen among the same paths to raise one of them."
)


def grounding_view(report: GroundingReport) -> RenderableType:
    """Return everything but the samples: ours beside the peers, the lists, the paths, what each word means."""
    setting = report.setting
    heading = Text(
        f"{clean(setting.domain)}: {setting.users} users (seed {setting.seed}), lists of {setting.k}, "
        f"model {clean(setting.model)}, adapter {clean(setting.adapter)}, {setting.concurrency} at a time",
        "bold",
    )
    meanings = [Text(f"{name}: {told}.", "dim") for name, told in YARDSTICKS.items()]
    return Group(heading, _writers(report.writers), *meanings, _lists(report), _paths(report))


def samples_view(samples: Sequence[Sequence[Written]]) -> RenderableType:
    """Return texts with their evidence, of each item what every writer wrote."""
    blocks: list[RenderableType] = []
    for at, texts in enumerate(samples, start=1):
        first = texts[0]
        blocks.append(Text(f"\n{at}. {clean(first.item)}, for user {clean(first.user)}", "bold"))
        blocks += [Padding(Text(clean(line), "dim"), (0, 0, 0, 3)) for line in first.facts]
        blocks += [Padding(_sample(one), (0, 0, 0, 3)) for one in texts]
    return Group(*blocks)


MEASURES: tuple[tuple[str, Cell], ...] = (
    ("texts", lambda row: f"{row.texts}"),
    ("items without a word", lambda row: f"{row.empty}"),
    ("claims", lambda row: f"{row.claims}" if row.claims else "–"),
    ("claims entailed", lambda row: _percent(row.claims_entailed)),
    ("sentences", lambda row: f"{row.sentences}"),
    ("that name nothing", lambda row: f"{row.say_nothing:.1%}"),
    ("entailed, strict", lambda row: _percents(row.strict)),
    ("supported, lenient", lambda row: _percents(row.lenient)),
    ("whole texts, strict", lambda row: _percent(row.strict_texts)),
    ("whole texts, lenient", lambda row: _percent(row.lenient_texts)),
    ("by code", lambda row: _percents(row.by_code)),
    ("skeletons", lambda row: f"{row.skeletons}"),
    ("commonest", lambda row: f"{row.commonest:.1%}"),
    ("words, mean", lambda row: f"{row.words:.1f}"),
    ("20 to 45 words", lambda row: f"{row.in_range:.1%}"),
    ("had to be stopped", lambda row: f"{row.cut:.1%}"),
    ("seconds an item, p50", lambda row: _second(row.item.p50)),
    ("seconds an item, p95", lambda row: _second(row.item.p95)),
    ("tokens an item", lambda row: f"{row.tokens:.0f}"),
)
"""The rows of the main table, each with how a writer's figure is told."""


def _writers(rows: Sequence[WriterRow]) -> Group:
    table = _table("", *(row.writer.replace(", ", ",\n") for row in rows), "goal", gap=1)
    for name, cell in MEASURES:
        table.add_row(name, *(cell(row) for row in rows), GOALS.get(name, ""))
    return _titled("Ours, and the same model with the same evidence (95 % intervals over users)", table)


def _lists(report: GroundingReport) -> Group:
    row = report.lists
    table = _table("", "p50 s", "p95 s", "goal")
    table.add_row("ranked list", *_seconds(row.ranked), GOALS["ranked list"])
    table.add_row("whole list, with prose", *_seconds(row.whole), GOALS["whole list"])
    told = (
        f"{row.calls:.1f} calls and {row.tokens:.0f} tokens a list; {row.degraded} of {row.lists} lists were degraded."
    )
    if row.overviews:
        told += (
            f" {row.overviews} overviews: {_percent(row.overview_entailed)} of {row.overview_claims} claims entailed."
        )
    refused = [f"first reason of {count} lists: {clean(reason)}" for reason, count in row.refusals.items()]
    return _titled(f"Our lists ({row.lists})", table, told, *refused)


def _paths(report: GroundingReport) -> Group:
    k = report.setting.k
    table = _table("", f"LIR@{k}", f"SEP@{k}", f"ETD@{k}", "with a path")
    for row in report.paths:
        table.add_row(row.chosen, *(_plain(value) for value in (row.lir, row.sep, row.etd)), f"{row.explained:.1%}")
    return _titled("Quality of the explanation paths", table, ABOUT_PATHS, *_missing(report.paths))


def _missing(rows: Sequence[PathRow]) -> list[str]:
    return [f"No LIR: {rows[0].lir_missing}."] if rows and rows[0].lir_missing else []


def _sample(one: Written) -> Text:
    by = ", by code" if one.by_code else ""
    said = [sentence for sentence in one.sentences if sentence.says]
    failed = sum(not sentence.strict for sentence in said)
    stray = [word for sentence in one.sentences for word in sentence.unsupported]
    if not one.text:
        return Text(f"(nothing)  [{one.writer}]", "dim")
    verdict = (
        f"{failed} of {len(said)} sentences not entailed" if failed else "all entailed" if said else "names nothing"
    )
    found = f"; not in the evidence: {', '.join(stray)}" if stray else ""
    return Text(clean(one.text)).append(f"  [{one.writer}{by}; {verdict}{clean(found)}]", "dim")


def _table(*header: str, gap: int = 2) -> Table:
    table = Table(box=None, padding=(0, gap, 0, 0), header_style="dim")
    for place, name in enumerate(header):
        table.add_column(clean_lines(name), justify="right" if place else "left", overflow="fold")
    return table


def _titled(title: str, table: Table, *notes: str) -> Group:
    return Group(Text(), Text(title, "bold"), table, *(Text(note, "dim") for note in notes))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _percents(value: Estimate | None) -> str:
    return "–" if value is None else f"{value.mean:.1%}\n{100 * value.low:.0f}–{100 * value.high:.0f}"


def _plain(value: Estimate | None) -> str:
    return "–" if value is None else f"{value.mean:.3f} ({value.low:.2f}–{value.high:.2f})"


def _seconds(value: Times) -> tuple[str, str]:
    return _second(value.p50), _second(value.p95)


def _second(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
