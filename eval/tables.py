"""Reports as tables for a terminal: the best of each column is bold, ours comes first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli_w
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.cli.render import clean
from eval.report import FewShotReport, ModelScore, RankingReport, Setting, Timing
from eval.scale import ScaleReport
from eval.significance import Difference
from eval.tune import K, TuneReport
from tools.ranking.settings import SETTINGS_FILE

LOWER_IS_BETTER = ("Gini",)
SIGNIFICANT = 0.05
HOW_SURE = "how sure (difference from {}; paired t-test, Holm; * p < 0.05)"


@dataclass(frozen=True, slots=True)
class Cell:
    """What is printed, and the number that competes for the column's best; None does not compete."""

    text: str
    value: float | None = None


def report_view(report: RankingReport | FewShotReport) -> RenderableType:
    """Return a report as tables."""
    return _ranking_view(report) if isinstance(report, RankingReport) else _few_shot_view(report)


def _ranking_view(report: RankingReport) -> Group:
    models = report.models
    parts: list[RenderableType] = [
        _heading(report.setting),
        _accuracy(report),
        _titled(
            "Beyond accuracy (Gini: the lower, the more evenly items are shown)",
            ("", *models[0].beyond),
            [(Cell(one.name), *(_scored(name, value) for name, value in one.beyond.items())) for one in models],
        ),
        _by_frequency(report),
    ]
    if models[0].by_moment:
        parts.append(_by_moment(report))
    return Group(*parts, _times(report.timings))


def _accuracy(report: RankingReport) -> Group:
    models = report.models
    means = [(Cell(one.name), *(_scored(name, value.mean) for name, value in one.accuracy.items())) for one in models]
    sure = [(Cell(one.name), Cell(_interval(one)), *_difference(one.difference)) for one in models]
    return Group(
        _titled("Accuracy, means over users", ("", *models[0].accuracy), means),
        _titled(f"{report.main}: {HOW_SURE.format(report.against)}", ("", "95 %", "difference", "95 %", "p"), sure),
    )


def _by_frequency(report: RankingReport) -> Group:
    bins = report.models[0].by_frequency
    header = ("", *(f"{one.occurrences} ({one.n_relevant:,})" for one in bins))
    rows = [
        (
            Cell(model.name),
            *(Cell("–") if one.recall is None else Cell(f"{one.recall:.4f}", one.recall) for one in model.by_frequency),
        )
        for model in report.models
    ]
    title = f"Recall@{report.setting.k} by how often an item occurs in what was fitted on (relevant items)"
    return _titled(title, header, rows)


def _by_moment(report: RankingReport) -> Group:
    groups = report.models[0].by_moment
    header = ("", *(f"{one.group} ({one.n_users:,} users)" for one in groups))
    rows = [
        (Cell(model.name), *(Cell(f"{one.estimate.mean:.4f}", one.estimate.mean) for one in model.by_moment))
        for model in report.models
    ]
    return _titled(f"{report.main} by when the held-out part begins, seen from the end of the history", header, rows)


def _few_shot_view(report: FewShotReport) -> Group:
    found = {(one.name, one.n): one for one in report.scores}
    curves = [
        (Cell(name), *(_scored(report.main, found[name, n].accuracy[report.main].mean) for n in report.shots))
        for name in report.models
    ]
    tests = [
        (Cell(one.name), Cell(str(one.n)), *_difference(one.difference)) for one in report.scores if one.difference
    ]
    return Group(
        _heading(report.setting),
        _titled(f"{report.main} after the first n interactions", ("", *map(str, report.shots)), curves),
        _titled(f"{report.main}: {HOW_SURE.format('ours')}", ("", "n", "difference", "95 %", "p"), tests),
        *_wishes(report),
        _times(report.timings),
    )


def _wishes(report: FewShotReport) -> Iterator[RenderableType]:
    if report.wishes is None:
        return
    told = ", ".join(report.wishes.examples)
    title = f"{report.main} for a wish alone, as {told} ({report.wishes.n_users:,} users; relevant is what meets it)"
    rows = [
        (Cell(one.name), _scored(report.main, one.accuracy[report.main].mean), *_difference(one.difference))
        for one in report.wishes.scores
    ]
    yield _titled(title, ("", report.main, "difference", "95 %", "p"), rows)


def tune_view(report: TuneReport, written: Path | None) -> RenderableType:
    """Return what a search found, as the file that a domain's folder may hold."""
    gain = (
        f"NDCG@{K} over folds of the history: {report.begun.value:.4f} at the beginning, {report.best.value:.4f} now."
    )
    where = (
        f"Written to {written}." if written else f"With --write they go into {SETTINGS_FILE} in the domain's folder."
    )
    return Group(Text(gain), Text(tomli_w.dumps(report.best.settings.model_dump())), Text(where, "dim"))


def scale_view(report: ScaleReport) -> RenderableType:
    """Return the timings of a made-up catalogue."""
    rows = [
        (
            Cell(one.name),
            Cell(f"{one.fit_seconds:.2f}"),
            Cell(f"{one.one_user_ms:.2f}"),
            Cell(f"{one.batch_seconds:.3f}"),
            Cell("–" if one.model_mb is None else f"{one.model_mb:,.0f}"),
        )
        for one in report.rows
    ]
    heading = Text(f"{report.n_items:,} items, {report.n_users:,} users, {report.n_likes:,} likes", "bold")
    told = (
        f"\n{report.device}; peak memory of the process {report.peak_mb:,.0f} MB. The item-item weights cover "
        f"{report.covered_items:,} items with {report.covered_likes:.1%} of the likes; the factors cover all."
    )
    header = ("", "fit, s", "one user, ms", f"{report.batch:,} users, s", "model, MB")
    return Group(heading.append(told, "not bold dim"), _titled("Time and memory", header, rows))


def _heading(setting: Setting) -> Text:
    skipped = f"; {setting.n_skipped:,} without anything to find are left out" if setting.n_skipped else ""
    told = (
        f"{setting.n_users:,} users, {setting.n_items:,} items, fitted on {setting.n_fitted_users:,} users{skipped}. "
        f"{setting.note}."
    )
    heading = Text(f"{clean(setting.domain)}: {setting.protocol}, {setting.part}", "bold")
    return heading.append(f"\n{clean(told)}", "not bold dim")


def _times(timings: Iterable[Timing]) -> Group:
    rows = [(Cell(one.name), Cell(f"{one.fit_seconds:.2f}"), Cell(f"{one.score_ms_per_user:.3f}")) for one in timings]
    return _titled("Time", ("", "fit, s", "score, ms a user"), rows)


def _interval(model: ModelScore) -> str:
    main = next(iter(model.accuracy.values()))
    return f"{main.low:.4f} to {main.high:.4f}"


def _difference(difference: Difference | None) -> tuple[Cell, Cell, Cell]:
    if difference is None:
        return Cell(""), Cell(""), Cell("")
    gap = difference.estimate
    star = "*" if difference.p < SIGNIFICANT else ""
    p = "<0.0001" if difference.p < 0.0001 else f"{difference.p:.4f}"
    return Cell(f"{gap.mean:+.4f}"), Cell(f"{gap.low:+.4f} to {gap.high:+.4f}"), Cell(p + star)


def _scored(name: str, value: float) -> Cell:
    return Cell(f"{value:.4f}", -value if name.startswith(LOWER_IS_BETTER) else value)


def _titled(title: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Group:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for place, name in enumerate(header):
        table.add_column(name, justify="right" if place else "left", no_wrap=bool(place), overflow="fold")
    best = [_best(column) for column in zip(*rows, strict=True)]
    for row in rows:
        table.add_row(
            *(
                Text(clean(cell.text), "bold" if top is not None and cell.text == top else "")
                for cell, top in zip(row, best, strict=True)
            )
        )
    return Group(Text(), Text(title, "dim"), table)


def _best(column: Sequence[Cell]) -> str | None:
    """Return how the best number of a column is printed; whatever is printed so is the best, too."""
    competing = [cell for cell in column if cell.value is not None]
    return max(competing, key=lambda cell: cell.value or 0.0).text if competing else None
