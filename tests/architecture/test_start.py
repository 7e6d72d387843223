"""What a command that ranks or asks waits for before it begins."""

import subprocess
import sys

import pytest

HEAVY = (
    "torch_geometric",
    "torch._dynamo",
    "sklearn",
    "pandas",
    "transformers",
    "sentence_transformers",
    "numba",
    "vllm",
)
"""Libraries that take seconds to import; what needs one imports it when it is first needed."""


@pytest.mark.slow
def test_a_recommender_begins_without_what_it_may_never_need() -> None:
    code = f"import sys, agent.recommender; print(*(one for one in {HEAVY} if one in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
