"""One evaluation from its name to its report."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from eval.baselines import MostPopular, baselines, baselines_for_newcomers
from eval.errors import EvaluationError
from eval.few_shot import SHOTS, Newcomers, compare_shots, mean_timing, split_newcomers, try_shots
from eval.models import RankingModel
from eval.ours import NAME, PARTS, RECENCY, USER, Ours, our_models
from eval.ranking import Trial, compare, score_model, try_model
from eval.report import FewShotReport, RankingReport, Setting, WishReport
from eval.run_file import write_run
from eval.scale import measure_scale
from eval.split import Part, Split, parts_of, split_next
from eval.tune import FOLDS, Search, TuneReport, folds_of
from eval.wishes import compare_wishes, open_nearest, wish_models, wishes_of
from kg.embeddings.text import SentenceEncoder
from kg.snapshot import Snapshot
from tools.ranking.attributes import item_attributes
from tools.ranking.settings import SETTINGS_FILE, RankingSettings, ranking_settings
from tools.ranking.vectors import open_item_vectors

__all__ = [
    "PARTS",
    "Task",
    "evaluate_few_shot",
    "evaluate_ranking",
    "measure_scale",
    "tune",
    "write_settings",
]

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """What is asked.

    Attributes:
        without: Parts of our ranker, each of which is left out in a row of its own.
        explore, diversity: Values of the ranker's knobs, each with a row of its own.
        against: Name of the row that the others are tested against.
    """

    part: Part
    k: int
    seed: int
    without: Sequence[str] = ()
    explore: Sequence[float] = ()
    diversity: Sequence[float] = ()
    against: str = NAME


def evaluate_ranking(snapshot: Snapshot, task: Task, run: Path | None, progress: Progress) -> RankingReport:
    """Compare our ranker with all baselines on what the users liked next, and write its run where that is wanted.

    Raises:
        EvaluationError: Nothing can be scored, or a part or the row to test against is unknown.
    """
    _check(snapshot, task)
    fit, held, note = parts_of(snapshot.domain, snapshot.items, task.part, task.seed)
    split = split_next(fit, held, note)
    models = [*_ours(snapshot, task, split), *baselines(task.seed)]
    names = [model.name for model in models]
    if task.against not in names:
        raise EvaluationError(
            f"there is no row {task.against[:60]!r} to test against; the rows are {', '.join(names)}."
        )
    trials = [try_model(model, split, task.k, progress) for model in models]
    if run is not None:
        write_run(run, split, trials[0].lists, trials[0].name)
    progress("Comparing")
    scores = compare(trials, split, item_attributes(snapshot), task.k, task.seed, against=names.index(task.against))
    setting = _setting(snapshot, task, "ranking", split)
    return RankingReport(setting, _main(trials[0]), task.against, scores, [trial.timing for trial in trials])


def evaluate_few_shot(snapshot: Snapshot, task: Task, progress: Progress) -> FewShotReport:
    """Compare our ranker with the baselines on users who are new.

    Raises:
        EvaluationError: Nothing can be scored, or a part is unknown.
    """
    _check(snapshot, task)
    fit, held, _ = parts_of(snapshot.domain, snapshot.items, task.part, task.seed)
    newcomers = split_newcomers(fit, held, task.seed)
    models = [*_ours(snapshot, task, newcomers.task), *baselines_for_newcomers(task.seed)]
    tried = [try_shots(model, newcomers, task.k, progress) for model in models]
    progress("Comparing")
    split = newcomers.task
    return FewShotReport(
        setting=_setting(snapshot, task, "few-shot-user", split),
        main=_main(tried[0][SHOTS[0]]),
        shots=list(SHOTS),
        models=[model.name for model in models],
        scores=compare_shots(tried, len(split.users), task.seed),
        wishes=_try_wishes(snapshot, newcomers, models, task, progress),
        timings=[mean_timing(trials) for trials in tried],
    )


def _try_wishes(
    snapshot: Snapshot, newcomers: Newcomers, models: Sequence[RankingModel], task: Task, progress: Progress
) -> WishReport | None:
    """Score lists for a wish alone with models that were fitted for newcomers; ours is the first."""
    wishes = wishes_of(snapshot, newcomers)
    if wishes is None:
        return None
    ours = next(one for one in models if isinstance(one, Ours))
    popular = next(one for one in models if isinstance(one, MostPopular))
    nearest = open_nearest(snapshot, SentenceEncoder(device="cpu"), progress)
    ready = wish_models(ours, popular, wishes, nearest)
    trials = [score_model(model, wishes.split, task.k, 0.0, progress) for model in ready]
    return compare_wishes(snapshot, wishes, trials, task.seed)


def tune(snapshot: Snapshot, rounds: int, seed: int, progress: Progress) -> TuneReport:
    """Search the ranker's settings on folds of the history.

    Raises:
        EvaluationError: Nothing can be scored.
    """
    folds = folds_of(snapshot.domain.history(snapshot.items), FOLDS, seed)
    begun = ranking_settings(snapshot.domain.folder, snapshot.interactions)
    vectors = open_item_vectors(snapshot, progress=progress)
    return Search(folds, item_attributes(snapshot), seed, vectors).run(begun, rounds, progress)


def write_settings(snapshot: Snapshot, settings: RankingSettings) -> Path:
    """Write the settings into the domain's folder, whole or not at all, and return the file.

    Raises:
        EvaluationError: It cannot be written.
    """
    path = snapshot.domain.folder / SETTINGS_FILE
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(tomli_w.dumps(settings.model_dump()), "utf-8")
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise EvaluationError(f"cannot write {path}: {error}.") from error
    return path


def _check(snapshot: Snapshot, task: Task) -> None:
    unknown = [part for parts in task.without for part in parts.split(",") if part not in PARTS]
    if unknown:
        raise EvaluationError(f"our ranker has no part {unknown[0][:60]!r}; it has {', '.join(PARTS)}.")
    if not 1 <= task.k <= len(snapshot.items):
        raise EvaluationError(f"k must be in 1..{len(snapshot.items)} (the size of the catalogue), got {task.k}.")


def _ours(snapshot: Snapshot, task: Task, split: Split) -> list[RankingModel]:
    known = {RECENCY: split.fit.times is not None, USER: bool(split.fit.user_attributes.names)}
    without = [part for part in dict.fromkeys(task.without) if known.get(part, True)]
    return our_models(snapshot, task.seed, without=without, explore=task.explore, diversity=task.diversity)


def _main(trial: Trial) -> str:
    return next(iter(trial.values))


def _setting(snapshot: Snapshot, task: Task, protocol: str, split: Split) -> Setting:
    return Setting(
        domain=snapshot.manifest.name,
        protocol=protocol,
        part=task.part,
        k=task.k,
        seed=task.seed,
        n_items=len(snapshot.items),
        n_fitted_users=len(split.fit.users),
        n_users=len(split.users),
        n_skipped=split.skipped,
        note=split.note,
    )
