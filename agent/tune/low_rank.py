"""A layer with its low-rank adapter in fewer passes over the activations, which is where a CPU spends a step."""

from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor, nn


class _Adapted(torch.autograd.Function):
    """x W' + (x A') B' with A and B learnt and W not (Hu et al., LoRA, ICLR 2022, equation 3).

    The share of the adapter is added as it is multiplied, there and back; as steps of their own, scaling and adding
    each read and write all outputs once more.
    """

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, down: Tensor, up: Tensor) -> Tensor:
        """Return shape (n_tokens, n_out) for inputs (n_tokens, n_in), down (rank, n_in) and up (n_out, rank)."""
        inner = inputs @ down.T
        ctx.save_for_backward(inputs, weight, down, up, inner)
        return (inputs @ weight.T).addmm_(inner, up.T)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, None, Tensor, Tensor]:
        """Return the gradients of the inputs, if they are wanted, and of both matrices."""
        (gradient,) = gradients
        inputs, weight, down, up, inner = ctx.saved_tensors
        back = gradient @ up
        of_inputs = (gradient @ weight).addmm_(back, down) if ctx.needs_input_grad[0] else None
        return of_inputs, None, back.T @ inputs, gradient.T @ inner


def in_fewer_passes(model: nn.Module) -> None:
    """Let each linear layer that peft has given an adapter compute it as `_Adapted` does; dropout has to be 0."""
    for module in model.modules():
        if isinstance(module, Linear):
            module.forward = _forward_of(module)  # type: ignore[method-assign]


def _forward_of(layer: Linear) -> Any:
    base: Any = layer.get_base_layer()
    (name,) = layer.active_adapters
    down, up, scaling = layer.lora_A[name].weight, layer.lora_B[name].weight, layer.scaling[name]

    def forward(inputs: Tensor) -> Tensor:
        flat = inputs.reshape(-1, inputs.shape[-1])
        found: Tensor = _Adapted.apply(flat, base.weight, down, scaling * up)  # type: ignore[no-untyped-call]
        if base.bias is not None:
            found = found + base.bias
        return found.view(*inputs.shape[:-1], -1)

    return forward
