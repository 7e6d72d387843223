"""Packed prompts: the same numbers as one by one, on a random model."""

from typing import Any

import pytest
import torch

from agent.tune.packing import PACKED, Encoded, batches, common_prefix, packed, packs_of
from tests.agent.tune.conftest import tiny_model

PREFIX = (3, 1, 4, 1, 5)
BATCH = [
    Encoded((*PREFIX, 9, 2), (6, 5)),
    Encoded((*PREFIX, 9), (7,)),
    Encoded((*PREFIX, 3, 5, 8, 9), (7, 9, 3)),
]


@pytest.fixture(scope="module")
def model() -> Any:
    made = tiny_model(vocabulary=20)
    made.set_attn_implementation(PACKED)
    return made


@pytest.fixture(scope="module")
def plain() -> Any:
    """The same model, with an attention that knows nothing of packs."""
    return tiny_model(vocabulary=20)


def logits_of(model: Any, batch: list[Encoded], prefix: int) -> torch.Tensor:
    pack = packed(batch, prefix)
    with torch.no_grad():
        found = model(input_ids=pack.tokens, position_ids=pack.positions, layout=pack.layout, use_cache=False)
    logits: torch.Tensor = found.logits[0, pack.at]
    return logits


def alone(model: Any, one: Encoded) -> torch.Tensor:
    """Return the logits that predict an answer, without any packing."""
    with torch.no_grad():
        logits: torch.Tensor = model(input_ids=torch.tensor([[*one.prompt, *one.answer]])).logits[0]
    return logits[len(one.prompt) - 1 : -1]


@pytest.mark.parametrize("prefix", [0, 2, len(PREFIX)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1,), (1, 1)])
def test_packed_logits_are_those_of_each_prompt_alone(
    model: Any, plain: Any, prefix: int, order: tuple[int, ...]
) -> None:
    batch = [BATCH[at] for at in order]
    expected = torch.cat([alone(plain, one) for one in batch])
    assert torch.allclose(logits_of(model, batch, prefix), expected, atol=1e-4)


def test_a_wrong_prefix_would_be_noticed(model: Any, plain: Any) -> None:
    expected = torch.cat([alone(plain, one) for one in BATCH])
    swapped = [BATCH[0], Encoded((*PREFIX, 8), (7,)), BATCH[2]]
    assert not torch.allclose(logits_of(model, swapped, len(PREFIX)), expected, atol=1e-2)


def test_positions_targets_and_owners_are_laid_out_in_order() -> None:
    pack = packed(BATCH[:2], 5)
    assert pack.tokens.tolist() == [[3, 1, 4, 1, 5, 9, 2, 6, 5, 9, 7]]
    assert pack.positions.tolist() == [[0, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6]]
    assert pack.at.tolist() == [6, 7, 9]
    assert pack.targets.tolist() == [6, 5, 7]
    assert pack.owners.tolist() == [0, 0, 1]
    assert pack.size == 2


def test_each_prompts_own_tokens_have_a_row() -> None:
    layout = packed(BATCH[:2], 5).layout
    assert layout.prefix == 5
    assert layout.rows.tolist() == [[0, 1, 2, 3], [4, 5, 0, 0]]
    assert layout.filled.tolist() == [[True] * 4, [True, True, False, False]]


def test_gradients_are_those_of_each_prompt_alone(model: Any, plain: Any) -> None:
    def gradient(of: Any, logits: torch.Tensor) -> torch.Tensor:
        of.zero_grad()
        logits.square().sum().backward()  # type: ignore[no-untyped-call]
        found: torch.Tensor = of.model.layers[0].self_attn.k_proj.weight.grad
        return found

    pack = packed(BATCH, len(PREFIX))
    together = model(input_ids=pack.tokens, position_ids=pack.positions, layout=pack.layout, use_cache=False).logits
    single = [
        plain(input_ids=torch.tensor([[*one.prompt, *one.answer]])).logits[0, len(one.prompt) - 1 : -1] for one in BATCH
    ]
    assert torch.allclose(gradient(model, together[0, pack.at]), gradient(plain, torch.cat(single)), atol=1e-3)


@pytest.mark.parametrize(
    ("prompts", "length"),
    [
        ([(1, 2, 3), (1, 2, 4)], 2),
        ([(1, 2, 3), (1, 2)], 1),
        ([(1, 2, 3), (1, 2, 3)], 2),
        ([(1, 2), (3, 4)], 0),
        ([(1,)], 0),
        ([(5, 6, 7, 8), (5, 6, 9), (5, 6, 7)], 2),
    ],
)
def test_the_common_part_leaves_each_prompt_a_token(prompts: list[tuple[int, ...]], length: int) -> None:
    assert common_prefix(prompts) == length


def test_batches_hold_everything_once_in_an_order_of_the_seed() -> None:
    many = [Encoded((at,), (at,)) for at in range(10)]

    def drawn(seed: int) -> list[list[Encoded]]:
        return list(batches(many, 4, torch.Generator().manual_seed(seed)))

    assert [len(one) for one in drawn(0)] == [4, 4, 2]
    assert sorted(one.prompt for batch in drawn(0) for one in batch) == [(at,) for at in range(10)]
    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)
    assert list(batches([], 4, torch.Generator())) == []


@pytest.mark.parametrize(("most", "sizes"), [(100, [3]), (16, [2, 1]), (11, [1, 2]), (10, [1, 1, 1]), (1, [1, 1, 1])])
def test_packs_of_a_batch_hold_so_many_tokens_or_one_prompt(most: int, sizes: list[int]) -> None:
    packs = packs_of(BATCH[::-1], len(PREFIX), most)
    assert [pack.size for pack in packs] == sizes
    assert all(pack.tokens.shape[1] <= most or pack.size == 1 for pack in packs)
    assert [token for pack in packs for token in pack.targets.tolist()] == [7, 9, 3, 7, 6, 5]
