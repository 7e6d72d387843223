"""How many requests a training can learn from in the time that it is given, by the speed that was measured."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.tune.training import TrainingSettings

MINUTES = 25.0
"""What a tuning takes where nothing else is said: half an hour, with room for a machine that becomes slower."""

FEWEST, MOST = 100, 12_000
"""Requests: a hundred teach something, however slow the machine; more than twelve thousand were never tried."""

CHOSEN = "requests.json"

_OTHER_LOOKS = 3
"""Looks at the validation set besides those on the way: at what it begins with, at what is there, after the end."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a prompt takes: to be learned from, and to be checked with."""

    learned: float
    checked: float


@dataclass(frozen=True, slots=True)
class Budget:
    """Time to learn in.

    Attributes:
        minutes: How long all of it may take.
        n_checked: Prompts that each look at the validation set reads.
        per_request: Prompts that are learned from for each request: texts and actions stand beside the plans.
    """

    minutes: float
    n_checked: int
    per_request: float

    def requests(self, pace: Pace, training: "TrainingSettings", spent: float) -> int:
        """Return how many requests can be learned from after so many seconds, in hundreds, from `FEWEST` to `MOST`."""
        look, prompts = pace.checked * self.n_checked, self.per_request * training.epochs
        each = prompts * pace.learned + look * prompts / training.batch / training.check_every
        left = self.minutes * 60 - spent - _OTHER_LOOKS * look
        return min(MOST, max(FEWEST, int(left / each // 100) * 100))


def requests_within(
    budget: Budget, training: "TrainingSettings", work: Path, measure: Callable[[], Pace], started: float
) -> int:
    """Return how many requests can be learned from since a monotonic time, and write it down beside the training.

    The same command goes on with the number that an interrupted training was begun with, be the machine faster or
    slower by then.
    """
    told = {"minutes": budget.minutes, "seed": training.seed, "epochs": training.epochs}
    try:
        kept = json.loads((work / CHOSEN).read_text())
        if kept["of"] == told:
            return int(kept["requests"])
    except (FileNotFoundError, json.JSONDecodeError):
        pass
    pace = measure()
    found = budget.requests(pace, training, time.monotonic() - started)
    work.mkdir(parents=True, exist_ok=True)
    (work / CHOSEN).write_text(json.dumps({"of": told, "requests": found}))
    return found
