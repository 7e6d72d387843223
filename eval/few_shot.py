"""The protocol `few-shot-user`: lists for users who are new, after their first n interactions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import sparse

from eval.errors import NothingToScoreError
from eval.models import RankingModel
from eval.ranking import Trial, fit_timed, score_model
from eval.report import ShotScore, Timing
from eval.significance import Bootstrap, Difference, holm, paired_p
from eval.split import Split, keep, pattern, pick_rows, pick_users, row_of_each, without
from kg.interactions import Interactions

SHOTS = (0, 1, 2, 5)
TESTED = (1, 2)
"""Lengths of history at which the others are tested against ours, all in one family."""

NEW_SHARE = 0.2
"""Share of the users who are left out of what is fitted on."""


@dataclass(frozen=True)
class Newcomers:
    """Users who were not fitted on, and one task for each length of history.

    At every length the same items can be listed and the same are relevant: what the users did after their first
    `max(SHOTS)` interactions. So curves differ by what is known, not by what is asked.
    """

    by_shots: dict[int, Split]

    @property
    def task(self) -> Split:
        return next(iter(self.by_shots.values()))


def split_newcomers(fit: Interactions, held: Interactions, seed: int) -> Newcomers:
    """Leave a seeded share of the users out, and cut their history to its first n.

    First by time, equal times in a seeded order, as is all where there are no times.

    Raises:
        NothingToScoreError: No newcomer has an item that was liked after the first `max(SHOTS)`.
    """
    rng = np.random.default_rng(seed)
    n_users = len(fit.users)
    new = np.sort(rng.permutation(n_users)[: max(1, int(NEW_SHARE * n_users))])
    fitted = pick_rows(fit, np.setdiff1d(np.arange(n_users), new))
    history = pick_rows(fit, new)
    places = _places(history, rng)
    first = keep(history, places < max(SHOTS))
    later = keep(history, places >= max(SHOTS)).liked + pick_users(held, history.users).liked
    relevant = without(sparse.csr_matrix(later > 0, dtype=np.float32), first.values)
    rows = np.flatnonzero(np.diff(relevant.indptr))
    if not len(rows) or not fitted.values.nnz:
        raise NothingToScoreError(
            f"none of {len(new)} newcomers liked an item after the first {max(SHOTS)} interactions; "
            "the domain is too small for the protocol few-shot-user."
        )
    whole = Split(
        fit=fitted,
        histories=pick_rows(first, rows),
        seen=pattern(first.values)[rows],
        relevant=relevant[rows],
        skipped=len(new) - len(rows),
        note=f"{len(new)} of {n_users} users left out (seed {seed}); scored on all after their first {max(SHOTS)}",
    )
    return Newcomers({n: replace(whole, histories=pick_rows(keep(history, places < n), rows)) for n in SHOTS})


def try_shots(model: RankingModel, newcomers: Newcomers, k: int, progress: Callable[[str], None]) -> dict[int, Trial]:
    """Fit a model once and score its lists at every length of history."""
    progress(f"Fitting {model.name}")
    seconds = fit_timed(model, newcomers.task)
    return {n: score_model(model, split, k, seconds, progress) for n, split in newcomers.by_shots.items()}


def compare_shots(tried: Sequence[dict[int, Trial]], n_users: int, seed: int) -> list[ShotScore]:
    """Return every model at every length; the first is ours, which the others are tested against at `TESTED`."""
    bootstrap = Bootstrap(n_users, seed)
    ours, *others = tried
    tests = list(product(range(len(others)), TESTED))
    p_values = holm([paired_p(others[one][n].main, ours[n].main) for one, n in tests])
    differences = {
        (others[one][n].name, n): Difference(bootstrap.estimate(others[one][n].main - ours[n].main), p)
        for (one, n), p in zip(tests, p_values, strict=True)
    }
    return [
        ShotScore(
            trial.name,
            n,
            {name: bootstrap.estimate(values) for name, values in trial.values.items()},
            differences.get((trial.name, n)),
        )
        for trials in tried
        for n, trial in trials.items()
    ]


def mean_timing(trials: dict[int, Trial]) -> Timing:
    """Return a model's time to fit, and to score a user, averaged over the lengths of history."""
    told = [trial.timing for trial in trials.values()]
    return replace(told[0], score_ms_per_user=round(sum(one.score_ms_per_user for one in told) / len(told), 4))


def _places(history: Interactions, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the place of each stored interaction in its user's order, from 0, shape (nnz,)."""
    nnz = history.values.nnz
    rows, shuffled = row_of_each(history.values), rng.permutation(nnz)
    moments = np.zeros(nnz) if history.times is None else history.times.data
    order = np.lexsort((shuffled, moments, rows))
    places = np.empty(nnz, np.int64)
    places[order] = np.arange(nnz) - history.values.indptr[rows[order]]
    return places
