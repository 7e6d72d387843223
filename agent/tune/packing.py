"""Packing of prompts that begin alike: the common part is computed once for all of them, and each sees only its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

IGNORED = -100


@dataclass(frozen=True, slots=True)
class Encoded:
    """The tokens of one prompt and its answer, end of turn included."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True, slots=True)
class Pack:
    """Several prompts in one sequence; exactly what they would be one by one.

    Attributes:
        tokens: Shape (1, n_tokens).
        positions: Shape (1, n_tokens): each prompt goes on where the common part ends.
        mask: Shape (1, 1, n_tokens, n_tokens), 0 where a token sees another, else the lowest number of its type.
        at: Shape (n_answer_tokens,): the places from which the answers' tokens are predicted.
        targets: Shape (n_answer_tokens,): those tokens.
        owners: Shape (n_answer_tokens,): the number of the prompt that each belongs to.
    """

    tokens: Tensor
    positions: Tensor
    mask: Tensor
    at: Tensor
    targets: Tensor
    owners: Tensor
    size: int


def common_prefix(prompts: Sequence[tuple[int, ...]]) -> int:
    """Return how many tokens all prompts begin with; each keeps at least one of its own."""
    shortest, longest = min(prompts), max(prompts)
    same = next((at for at, (one, two) in enumerate(zip(shortest, longest, strict=False)) if one != two), len(shortest))
    return min(same, *(len(one) - 1 for one in prompts))


def packed(batch: Sequence[Encoded], prefix: int, dtype: torch.dtype) -> Pack:
    """Return a batch as one sequence.

    Args:
        batch: Prompts whose first `prefix` tokens are the same.
        prefix: Length of the common part, tokens.
        dtype: Of the mask: that of the model.
    """
    tokens, positions, groups = list(batch[0].prompt[:prefix]), list(range(prefix)), [-1] * prefix
    at: list[int] = []
    targets: list[int] = []
    owners: list[int] = []
    for number, one in enumerate(batch):
        own = (*one.prompt[prefix:], *one.answer)
        first = len(tokens) + len(own) - len(one.answer)
        at += range(first - 1, first - 1 + len(one.answer))
        targets += one.answer
        owners += [number] * len(one.answer)
        positions += range(prefix, prefix + len(own))
        groups += [number] * len(own)
        tokens += own
    group = torch.tensor(groups)
    order = torch.arange(len(tokens))
    seen = (order[:, None] >= order[None, :]) & ((group[None, :] == -1) | (group[:, None] == group[None, :]))
    mask = torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, torch.finfo(dtype).min)
    return Pack(
        tokens=torch.tensor([tokens]),
        positions=torch.tensor([positions]),
        mask=mask[None, None],
        at=torch.tensor(at),
        targets=torch.tensor(targets),
        owners=torch.tensor(owners),
        size=len(batch),
    )


def batches(encoded: Sequence[Encoded], size: int, generator: torch.Generator) -> Iterator[list[Encoded]]:
    """Yield the examples in random order, `size` at a time; the last batch may be smaller."""
    order = torch.randperm(len(encoded), generator=generator).tolist()
    for first in range(0, len(order), size):
        yield [encoded[at] for at in order[first : first + size]]
