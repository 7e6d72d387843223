"""The protocol `ranking`: every model fitted on one history and scored on what the same users liked next."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from eval.accuracy import accuracy, recall_by_frequency
from eval.beyond import coverage, diversity, gini, novelty
from eval.lists import Lists, make_lists
from eval.models import RankingModel
from eval.report import BinRecall, GroupScore, ModelScore, Timing
from eval.significance import Bootstrap, Difference, holm, paired_p
from eval.split import Split

PerUser = npt.NDArray[np.float64]
DEPTH = 100
"""Items a user in a run file."""


@dataclass(frozen=True)
class Trial:
    """One model's lists on a split, with each user's value of each measure."""

    name: str
    lists: Lists
    values: dict[str, PerUser]
    timing: Timing

    @property
    def main(self) -> PerUser:
        return next(iter(self.values.values()))


def try_model(model: RankingModel, split: Split, k: int, progress: Callable[[str], None]) -> Trial:
    """Fit a model and score its lists."""
    progress(f"Fitting {model.name}")
    fit_seconds = fit_timed(model, split)
    return score_model(model, split, k, fit_seconds, progress)


def fit_timed(model: RankingModel, split: Split) -> float:
    """Fit a model and return the seconds that it took."""
    began = time.perf_counter()
    model.fit(split.fit)
    return time.perf_counter() - began


def score_model(
    model: RankingModel, split: Split, k: int, fit_seconds: float, progress: Callable[[str], None]
) -> Trial:
    """Score the lists of a fitted model."""
    progress(f"Scoring {model.name} for {len(split.users):,} users")
    lists = make_lists(model, split, max(k, DEPTH))
    timing = Timing(model.name, round(fit_seconds, 3), round(1000 * lists.seconds / len(split.users), 4))
    return Trial(model.name, lists, accuracy(split, lists, k), timing)


def compare(
    trials: Sequence[Trial], split: Split, attributes: sparse.csr_matrix, k: int, seed: int, *, against: int
) -> list[ModelScore]:
    """Return all that is told of each model; the others are tested against the trial at place `against`."""
    bootstrap = Bootstrap(len(split.users), seed)
    others = [*trials[:against], *trials[against + 1 :]]
    differences: list[Difference | None] = [*differences_from(trials[against], others, bootstrap)]
    differences.insert(against, None)
    return [
        ModelScore(
            name=trial.name,
            accuracy={name: bootstrap.estimate(values) for name, values in trial.values.items()},
            beyond=beyond(trial.lists, split, attributes, k),
            difference=difference,
            by_frequency=[
                BinRecall(name, recall, n_relevant)
                for name, (recall, n_relevant) in recall_by_frequency(split, trial.lists, k).items()
            ],
            by_moment=by_moment(trial.main, split, seed),
        )
        for trial, difference in zip(trials, differences, strict=True)
    ]


def differences_from(one: Trial, others: Sequence[Trial], bootstrap: Bootstrap) -> list[Difference]:
    """Return how the main measure of others differs from one's, user by user, tested as one family."""
    p_values = holm([paired_p(trial.main, one.main) for trial in others])
    return [Difference(bootstrap.estimate(trial.main - one.main), p) for trial, p in zip(others, p_values, strict=True)]


def beyond(lists: Lists, split: Split, attributes: sparse.csr_matrix, k: int) -> dict[str, float]:
    """Return the measures of the lists as a whole, by name."""
    columns, n_items = lists.top(k), len(split.fit.items)
    return {
        f"Coverage@{k}": coverage(columns, n_items),
        f"Novelty@{k}": novelty(columns, split.occurrences, len(split.fit.users)),
        f"Diversity@{k}": diversity(columns, attributes),
        f"Gini@{k}": gini(columns, n_items),
    }


def by_moment(values: PerUser, split: Split, seed: int) -> list[GroupScore]:
    """Return the main measure by whether history and held-out part meet in one second; empty without times."""
    if split.same_moment is None:
        return []
    groups = {"same second": split.same_moment, "later": ~split.same_moment}
    return [
        GroupScore(name, int(members.sum()), Bootstrap(int(members.sum()), seed).estimate(values[members]))
        for name, members in groups.items()
        if members.any()
    ]
