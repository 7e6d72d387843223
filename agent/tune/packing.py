"""Packing of prompts that begin alike: the common part is computed once for all of them, and each sees only its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface

MOST_TOKENS = 1536
"""In one pack that is trained on: what a step keeps for its way back is about 3 MB a token in float32."""


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
        layout: Where the common part and each prompt's own lie.
        at: Shape (n_answer_tokens,): the places from which the answers' tokens are predicted.
        targets: Shape (n_answer_tokens,): those tokens.
        owners: Shape (n_answer_tokens,): the number of the prompt that each belongs to.
    """

    tokens: Tensor
    positions: Tensor
    layout: "Layout"
    at: Tensor
    targets: Tensor
    owners: Tensor
    size: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Which tokens of a pack see which: each the common part before it, and of its own prompt what is before it.

    Attributes:
        prefix: Length of the common part.
        rows: Shape (n_prompts, longest): the places, after the common part, of each prompt's own tokens; 0 beyond them.
        filled: Shape (n_prompts, longest): which places are no filling.
    """

    prefix: int
    rows: Tensor
    filled: Tensor

    def to(self, device: torch.device) -> "Layout":
        return Layout(self.prefix, self.rows.to(device), self.filled.to(device))


def packed_attention(
    module: nn.Module,  # noqa: ARG001 - transformers calls every kind of attention like this
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001 - the same
    *,
    layout: Layout,
    scaling: float,
    **_: object,
) -> tuple[Tensor, None]:
    """Return what the tokens of a pack see, as transformers asks an attention for it.

    One mask over the whole pack would compute each token with those of all other prompts, to throw most of it away: a
    third of the time of a step.

    Args:
        module: The layer.
        query: Shape (1, n_heads, n_tokens, dim).
        key: The same, of fewer heads where several queries share one.
        value: As the key.
        attention_mask: Of no use here.
        layout: Of the pack.
        scaling: Of the products.

    Returns:
        Shape (1, n_tokens, n_heads, dim).
    """
    at, (n_prompts, longest) = layout.prefix, layout.rows.shape
    parts = list[Tensor]()
    if at:
        first = query[:, :, :at], key[:, :, :at], value[:, :, :at]
        parts.append(functional.scaled_dot_product_attention(*first, is_causal=True, scale=scaling, enable_gqa=True))
    own, own_keys, own_values = (_in_rows(one[:, :, at:], layout.rows) for one in (query, key, value))
    keys, values = (
        torch.cat([whole[:, :, :at].expand(n_prompts, -1, -1, -1), mine], dim=2)
        for whole, mine in ((key, own_keys), (value, own_values))
    )
    # Queries that share a key lie one after the other in one long row, so that no key has to be copied for each.
    n_heads, shared = key.shape[1], query.shape[1] // key.shape[1]
    before = torch.ones(longest, longest, dtype=torch.bool, device=query.device).tril()
    seen = functional.pad(before, (at, 0), value=True).repeat(shared, 1)
    found = functional.scaled_dot_product_attention(
        own.reshape(n_prompts, n_heads, shared * longest, -1), keys, values, attn_mask=seen, scale=scaling
    ).view(own.shape)
    parts.append(found.transpose(1, 2)[layout.filled].transpose(0, 1)[None])
    return torch.cat(parts, dim=2).transpose(1, 2).contiguous(), None


def _in_rows(own: Tensor, rows: Tensor) -> Tensor:
    """Return what lies in one sequence by prompt: shape (n_prompts, n_heads, longest, dim)."""
    _, n_heads, _, dim = own.shape
    return own[0].index_select(1, rows.flatten()).view(n_heads, *rows.shape, dim).transpose(0, 1)


PACKED = "packed"
"""What transformers calls `packed_attention`; the model's own forward takes `layout` then."""

AttentionInterface.register(PACKED, packed_attention)


def common_prefix(prompts: Sequence[tuple[int, ...]]) -> int:
    """Return how many tokens all prompts begin with; each keeps at least one of its own."""
    shortest, longest = min(prompts), max(prompts)
    same = next((at for at, (one, two) in enumerate(zip(shortest, longest, strict=False)) if one != two), len(shortest))
    return min(same, *(len(one) - 1 for one in prompts))


def packed(batch: Sequence[Encoded], prefix: int) -> Pack:
    """Return a batch, whose first `prefix` tokens are the same, as one sequence."""
    tokens, positions = list(batch[0].prompt[:prefix]), list(range(prefix))
    lengths = torch.tensor([len(one) - prefix for one in batch])
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
        tokens += own
    places = torch.arange(int(lengths.max()))[None]
    filled = places < lengths[:, None]
    return Pack(
        tokens=torch.tensor([tokens]),
        positions=torch.tensor([positions]),
        layout=Layout(prefix, torch.where(filled, (lengths.cumsum(0) - lengths)[:, None] + places, 0), filled),
        at=torch.tensor(at),
        targets=torch.tensor(targets),
        owners=torch.tensor(owners),
        size=len(batch),
    )


def packs_of(batch: Sequence[Encoded], prefix: int, most: int = MOST_TOKENS) -> list[Pack]:
    """Return a batch as packs of at most `most` tokens each, or of one prompt that is longer."""
    groups: list[list[Encoded]] = []
    left = 0
    for one in batch:
        own = len(one) - prefix
        if not groups or own > left:
            groups.append([])
            left = most - prefix
        groups[-1].append(one)
        left -= own
    return [packed(group, prefix) for group in groups]


def batches(encoded: Sequence[Encoded], size: int, generator: torch.Generator) -> Iterator[list[Encoded]]:
    """Yield the examples in random order, `size` at a time; the last batch may be smaller."""
    order = torch.randperm(len(encoded), generator=generator).tolist()
    for first in range(0, len(order), size):
        yield [encoded[at] for at in order[first : first + size]]
