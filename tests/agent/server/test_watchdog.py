"""The watchdog knows from vLLM's counters whether anybody asks."""

import pytest

from agent.server.watchdog import COUNTERS, RUNNING

METRICS = """
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="my model"} %s
vllm:prompt_tokens_total{engine="0",model_name="my model"} 120.0
vllm:prompt_tokens_created{engine="0",model_name="my model"} 1.7e+09
"""


def test_counters_are_the_ones_that_requests_move() -> None:
    assert COUNTERS.findall(METRICS % "0.0") == [
        'vllm:num_requests_running{engine="0",model_name="my model"} 0.0',
        'vllm:prompt_tokens_total{engine="0",model_name="my model"} 120.0',
    ]


@pytest.mark.parametrize(("value", "runs"), [("0.0", False), ("1.0", True), ("12.0", True)])
def test_request_under_way_counts_as_asking(value: str, runs: bool) -> None:
    assert bool(RUNNING.search(METRICS % value)) == runs
