"""The type of number to train in, which need not be that to serve in."""

import time

import torch

from agent.model.precision import Precision

_PRODUCT = 512, 576, 1536
"""What a layer of a small model multiplies: tokens, inputs, outputs."""


def precision_to_train_in(device: str) -> Precision:
    """Return the type to train in on a torch device: on a CPU the one whose products are faster, which is measured.

    Without AVX-512 bfloat16 takes 15 times as long; with it, and its instructions for bfloat16, a product was still
    seen to take twice as long as in float32. A model is served in the shorter type all the same, since one token after
    another is more reading than computing.
    """
    if device != "cpu":
        return "bfloat16"
    found: Precision = min(("float32", "bfloat16"), key=_seconds_of_a_product)
    return found


def _seconds_of_a_product(precision: Precision) -> float:
    """Return how long a layer's product takes, at best of several."""
    tokens, inputs, outputs = _PRODUCT
    dtype = getattr(torch, precision)
    one, other = torch.ones(tokens, inputs, dtype=dtype), torch.ones(inputs, outputs, dtype=dtype)

    def once() -> float:
        started = time.perf_counter()
        torch.matmul(one, other)
        return time.perf_counter() - started

    return min(once() for _ in range(7))
