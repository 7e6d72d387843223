"""What an evaluation of questions prints: how good the answers are, what is behind them, and the peer beside ours."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.questions import FIRST_PLANS, UNTUNED_FIRST_PLANS, Disagreement, Row
from eval.questions_peer import AgentRow


def view(rows: Sequence[Row], differing: Sequence[Disagreement], peers: Sequence[AgentRow] = ()) -> RenderableType:
    """Return the tables of an evaluation of questions."""
    heads = ("", "n", "F1", "95 %", "exact", "Hits@1", "any")
    table = Table(*heads, title="Answers (F1 and exact are strict)", title_justify="left")
    for row in rows:
        hops = [(f"{hops} hop" if hops != "0" else "-", one) for hops, one in row.by_hops.items()]
        for name, one in [("all", row.overall), *hops]:
            rest = [f"{value:.3f}" for value in (one.exact, one.first, one.any)]
            table.add_row(f"{row.name}, {name}", str(one.n), f"{one.f1:.3f}", f"±{one.half:.3f}", *rest)
    more = (
        "",
        "by rules",
        "overruled",
        "invalid",
        "wrong link",
        "wrong path",
        "calls",
        "tokens",
        "p50 s",
        "p95 s",
        "per s",
    )
    costs = Table(*more, title="Behind them", title_justify="left")
    for row in rows:
        shares = [
            f"{value:.1%}" for value in (row.by_rules, row.overruled, row.invalid, row.wrong_link, row.wrong_path)
        ]
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
    return Group(table, costs, kinds, *told, *_told_apart(rows), *_alone(rows), *([_agents(peers)] if peers else []))


def _told_apart(rows: Sequence[Row]) -> list[Text]:
    """Tell how many questions that the graph cannot answer are told apart, and how many others are refused."""
    told: list[Text] = []
    for row in rows:
        if row.told_apart is not None:
            others = f", and to {row.refused:.1%} of the others" if row.refused is not None else ""
            told.append(Text(f'{row.name} says "I cannot tell" to {row.told_apart:.1%} of the unanswerable{others}.'))
    return told


def _alone(rows: Sequence[Row]) -> list[Text]:
    """Tell how often the models are right by themselves, where both were asked for their first plans."""
    exact = {row.name: row.overall.exact for row in rows}
    if not {FIRST_PLANS, UNTUNED_FIRST_PLANS} <= exact.keys():
        return []
    tuned, untuned = exact[FIRST_PLANS], exact[UNTUNED_FIRST_PLANS]
    times = f": {tuned / untuned:.1f} times as often" if untuned else ""
    return [Text(f"By its first plan the model is right in {tuned:.1%}, without its adapter in {untuned:.1%}{times}.")]


def _agents(peers: Sequence[AgentRow]) -> Table:
    title = "Tasks: our loop, and LangChain's prebuilt agent with the same tools and the same model"
    heads = (
        "",
        "n",
        "solved",
        "95 %",
        "F1",
        "any",
        "told by tools",
        "valid calls",
        "tool calls",
        "model calls",
        "ended",
    )
    table = Table(*heads, "p50 s", title=title, title_justify="left")
    for one in peers:
        shares = [f"{value:.1%}" for value in (one.f1, one.any)]
        parts = ["-" if value is None else f"{value:.1%}" for value in (one.seen, one.valid)]
        spent = [f"{one.tool_calls:.1f}", f"{one.calls:.1f}", f"{one.ended:.1%}", f"{one.p50:.2f}"]
        table.add_row(one.name, str(one.n), f"{one.solved:.1%}", f"±{one.half:.1%}", *shares, *parts, *spent)
    return table
