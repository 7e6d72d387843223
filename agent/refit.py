"""Refits: the ranker learns from what users said in the ledger, in the background, while it goes on ranking.

A refit is a folder of its own beside the first model. It appears whole or not at all, the newest one counts, and
rankings under way end with the model that they began with.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from agent.feedback import Feedback
from agent.ledger import Ledger
from agent.taste import Taste
from kg import artefacts
from kg.errors import ArtefactError, ThenceError, UnknownUserError
from kg.interactions import Interactions
from kg.snapshot import Snapshot
from tools.ranking.fitting import fit_hybrid
from tools.ranking.hybrid import Hybrid
from tools.ranking.refits import drop_refits, newest_refit, refit_folder
from tools.ranking.vectors import needed_item_vectors

DUE_AFTER = 100
"""New entries of the ledger after which a refit is due."""

LAST_ENTRY = "last_entry.json"


class Refitter:
    """Fits the ranker of a domain anew on its history and the ledger.

    Args:
        snapshot: The domain.
        feedback: What its users said.
        ledger: Where that is kept.
        model: Fitted on the history alone.
        swap: Told each model that is to rank from now on.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        feedback: Feedback,
        ledger: Ledger,
        model: Hybrid,
        swap: Callable[[Hybrid], None] = lambda _: None,
    ) -> None:
        self._snapshot = snapshot
        self._feedback = feedback
        self._ledger = ledger
        self._first = model
        self._swap = swap
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ranks_by: Path | None = None

    def open(self) -> None:
        """Rank by the newest refit on disk, if there is one; a damaged one is dropped."""
        newest = self._newest()
        if newest is not None:
            try:
                self._swap(Hybrid.load(newest, self._first.attributes, self._first.collaborative.device))
            except ArtefactError:  # whole it will never be again; the next one is as good
                drop_refits(self._snapshot.folder)
            else:
                self._ranks_by = newest

    def run(self) -> int:
        """Fit anew, and rank by it from now on; return how many users of the ledger it rests on.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        domain, first = self._snapshot.manifest.name, self._first
        with self._turn:
            last, users = self._ledger.last_entry(domain), self._ledger.first_entries(domain)
            interactions = self._learned_from(list(users))
            vectors = needed_item_vectors(self._snapshot, first.settings.fused)
            fresh = fit_hybrid(interactions, first.attributes, first.settings, vectors=vectors)
            model = fresh.on(first.collaborative.device)
            folder = refit_folder(self._snapshot.folder, self._digest, last)
            artefacts.stage(folder, lambda partial: _save(model, last, partial))
            drop_refits(self._snapshot.folder, but=folder)
            self._ranks_by = folder
            if not users.items() <= self._ledger.first_entries(domain).items():  # somebody erased everything meanwhile
                drop_refits(self._snapshot.folder)
                model, self._ranks_by = first, None
            self._swap(model)
            return len(users)

    def run_if_due(self) -> None:
        """Begin a refit in the background where enough was said since the last one and none is under way.

        A refit that another process dropped, as somebody erased what it rests on, is ranked by no more.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        if self._ranks_by is not None and not self._ranks_by.is_dir() and self._newest() is None:
            self.forget()
        if self.is_due():
            self._thread = threading.Thread(target=self._run_quietly, name="refit", daemon=True)
            self._thread.start()

    def _run_quietly(self) -> None:
        """Refit; where it fails, the model before goes on, and the next time is as good."""
        with contextlib.suppress(ThenceError, OSError):
            self.run()

    def is_due(self) -> bool:
        """Tell whether `DUE_AFTER` entries or more were added since the last refit."""
        newest = self._newest()
        try:
            since = json.loads((newest / LAST_ENTRY).read_text("utf-8")) if newest else 0
        except OSError:  # dropped in between
            since = 0
        return self._ledger.count_after(self._snapshot.manifest.name, since) >= DUE_AFTER

    def forget(self) -> None:
        """Drop all refits and rank by the first model again: what somebody erases must not live on in one."""
        with self._turn:
            self._swap(self._first)
            self._ranks_by = None
            drop_refits(self._snapshot.folder)

    def wait(self) -> None:
        """Wait for a refit that is under way."""
        if self._thread:
            self._thread.join()

    def _learned_from(self, users: Sequence[str]) -> Interactions:
        columns = self._snapshot.item_columns
        tastes: dict[str, Taste] = {}
        for user in users:
            with contextlib.suppress(UnknownUserError):  # erased in between
                tastes[user] = self._feedback.taste(user)
        values = {user: {columns[iri]: value for iri, value in one.history.items()} for user, one in tastes.items()}
        times = {user: {columns[iri]: when for iri, when in one.moments.items()} for user, one in tastes.items()}
        return with_rows(self._snapshot.interactions, values, times)

    def _newest(self) -> Path | None:
        return newest_refit(self._snapshot.folder, self._digest)

    @property
    def _digest(self) -> str:
        return self._first.settings.digest + self._snapshot.doubts


def with_rows(
    interactions: Interactions, rows: Mapping[str, Mapping[int, float]], times: Mapping[str, Mapping[int, float]]
) -> Interactions:
    """Return interactions in which some users' rows are replaced, or added at the end.

    Args:
        interactions: Of the domain.
        rows: Values by item column, by user.
        times: Moments by item column, by user; one that is missing counts as the user's latest.
    """
    users = [*interactions.users, *(user for user in rows if user not in interactions.user_rows)]
    values, moments = [], []
    for user in users:
        if user in rows:
            told = dict(sorted(rows[user].items()))
            latest = max(times.get(user, {}).values(), default=0.0)
            when = {column: times.get(user, {}).get(column, latest) for column in told}
        else:
            told, when = interactions.history(user), interactions.moments(user)
        values.append(told)
        moments.append(when)
    n_items = len(interactions.items)
    stamped = _matrix(moments, n_items, np.float64) if interactions.times is not None else None
    return replace(interactions, users=users, values=_matrix(values, n_items, np.float32), times=stamped)


def _matrix(rows: Sequence[Mapping[int, float]], n_items: int, dtype: type) -> sparse.csr_matrix:
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    columns = np.array([column for row in rows for column in row], np.int64)
    data: np.ndarray = np.array([value for row in rows for value in row.values()], dtype)
    return sparse.csr_matrix((data, columns, indptr), shape=(len(rows), n_items))


def _save(model: Hybrid, last: int, folder: Path) -> None:
    model.save(folder)
    (folder / LAST_ENTRY).write_text(json.dumps(last), "utf-8")
