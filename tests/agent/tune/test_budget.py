"""A training learns from as many requests as its time holds on the machine where it runs."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tune.budget import CHOSEN, FEWEST, MOST, Budget, Pace, requests_within
from agent.tune.training import TrainingSettings

TRAINING = TrainingSettings(batch=16, check_every=50)
SPENT = 20.0
BUDGET = Budget(minutes=27.0, n_checked=250, per_request=1.1)


def seconds(requests: int, budget: Budget, pace: Pace, training: TrainingSettings) -> float:
    """What a training takes, step by step."""
    prompts = requests * budget.per_request * training.epochs
    looks = 3 + prompts / training.batch / training.check_every
    return SPENT + prompts * pace.learned + looks * budget.n_checked * pace.checked


def test_a_slower_machine_learns_from_fewer_requests() -> None:
    # 4,100 requests are 4,510 prompts, 1,353 s; 5.6 looks and three more take 25 s each, and 20 s have passed: 1,589 s.
    assert BUDGET.requests(Pace(0.3, 0.1), TRAINING, SPENT) == 4_100
    assert BUDGET.requests(Pace(0.6, 0.2), TRAINING, SPENT) == 1_900
    assert BUDGET.requests(Pace(100.0, 1.0), TRAINING, SPENT) == FEWEST
    assert BUDGET.requests(Pace(1e-4, 1e-5), TRAINING, SPENT) == MOST


@given(
    minutes=st.floats(5.0, 120.0),
    pace=st.builds(Pace, st.floats(0.01, 1.0), st.floats(0.001, 0.3)),
    epochs=st.integers(1, 4),
)
def test_what_is_chosen_fills_the_time_and_no_more(minutes: float, pace: Pace, epochs: int) -> None:
    budget, training = Budget(minutes, 250, 1.1), TrainingSettings(epochs=epochs)
    found = budget.requests(pace, training, SPENT)
    assert FEWEST <= found <= MOST
    assert found % 100 == 0
    assert found == FEWEST or seconds(found, budget, pace, training) <= minutes * 60 + 1e-6
    assert found == MOST or seconds(found + 100, budget, pace, training) > minutes * 60 - 1e-6


def test_an_interrupted_training_goes_on_with_the_number_that_it_had(tmp_path: Path) -> None:
    work = tmp_path / "work"
    first = requests_within(BUDGET, TRAINING, work, lambda: Pace(0.3, 0.1), time.monotonic())
    assert requests_within(BUDGET, TRAINING, work, lambda: pytest.fail("it is known"), 0.0) == first
    other = TrainingSettings(seed=1)
    assert requests_within(BUDGET, other, work, lambda: Pace(0.6, 0.2), time.monotonic()) < first
    (work / CHOSEN).write_text("{")
    assert requests_within(BUDGET, TRAINING, work, lambda: Pace(0.3, 0.1), time.monotonic()) == first
