"""An adapted layer in fewer passes is the layer that peft computes, there and back."""

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn

from agent.tune.low_rank import in_fewer_passes


class Two(nn.Module):
    """Two layers, of which one has a bias; the first has nothing to learn before it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8, bias=True), nn.Linear(8, 3, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        found: Tensor = self.second(torch.tanh(self.first(inputs)))
        return found


def found_and_gradients(*, fewer: bool, inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    torch.manual_seed(0)
    config = LoraConfig(r=2, lora_alpha=6, target_modules=["first", "second"], init_lora_weights=False)
    model = get_peft_model(Two(), config)
    if fewer:
        in_fewer_passes(model)
    found = model(inputs)
    found.square().sum().backward()
    return found, {name: one.grad for name, one in model.named_parameters() if one.grad is not None}


def test_outputs_and_gradients_are_those_of_peft() -> None:
    inputs = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(1))
    (found, gradients), (other, others) = (found_and_gradients(fewer=one, inputs=inputs) for one in (True, False))
    assert found.shape == (2, 5, 3)
    assert torch.allclose(found, other, atol=1e-6)
    assert len(gradients) == 4
    assert gradients.keys() == others.keys()
    for name, one in gradients.items():
        assert one.abs().max() > 0, name
        assert torch.allclose(one, others[name], rtol=1e-5, atol=1e-5), name


def test_inputs_that_are_learnt_have_their_gradient() -> None:
    ours, theirs = (torch.ones(1, 4, 6, requires_grad=True) for _ in range(2))
    found_and_gradients(fewer=True, inputs=ours)
    found_and_gradients(fewer=False, inputs=theirs)
    assert ours.grad is not None
    assert theirs.grad is not None
    assert torch.allclose(ours.grad, theirs.grad, rtol=1e-5, atol=1e-5)
