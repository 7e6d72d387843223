"""What the harness asks of a model: fit on interactions, then score every item for each history."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from kg.interactions import Interactions

Scores = npt.NDArray[np.float32]


class RankingModel(Protocol):
    """A model that ranks the catalogue; `name` is how the tables call it."""

    @property
    def name(self) -> str: ...

    def fit(self, interactions: Interactions) -> None:
        """Fit on what users did."""

    def score(self, histories: Interactions) -> Scores:
        """Return finite scores, shape (n_users, n_items), float32, higher is better, from the histories alone.

        Columns are the catalogue of `fit`; the users need not be among those fitted on.
        """
