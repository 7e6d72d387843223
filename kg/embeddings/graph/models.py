"""TransE, DistMult, ComplEx and RotatE of PyTorch Geometric, each as a query vector beside entity vectors.

A model that scores a head and a relation against all tails needs one product of matrices that way, where the modules'
own `forward` needs one call a triple; the scores are the same.
"""

from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

ModelName = Literal["transe", "distmult", "complex", "rotate"]


class TailFrequencies(nn.Module):
    """How often each entity is the tail of a relation, as a part of a score: `weight * log(1 + count)`.

    What is frequent needs then not be learned by vectors, which unit vectors could not.

    Attributes:
        weights: Shape (n_relations,).
        counts: Shape (n_relations, n_entities).
    """

    counts: Tensor

    def __init__(self, n_entities: int, n_relations: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(n_relations))
        self.register_buffer("counts", torch.zeros(n_relations, n_entities))

    def of_all(self, relations: Tensor, tails: Tensor) -> Tensor:
        """Return the parts of each relation with each tail, shape (n_relations, n_tails)."""
        return self.weights[relations][:, None] * torch.log1p(self.counts[relations[:, None], tails[None]])

    def of_known(self, relations: Tensor, tails: Tensor) -> Tensor:
        """Return the parts of facts that are themselves among the counted, each left out of its count, shape (n,)."""
        return self.weights[relations] * torch.log(self.counts[relations, tails].clamp_min(1.0))


class GraphModel:
    """One scoring function.

    Args:
        n_entities, n_relations: Sizes; `n_relations` counts the inverses too.
        dim: Numbers an entity has; the complex models have half as many complex ones.
        seed: Of the start.
        scale: What a distance is multiplied by, as unit vectors are never far apart.

    Attributes:
        module: The kept library's module, which holds the parameters; their gradients are sparse.
        frequencies: What is added to the module's score.
        whole: Both.
        by_distance: Whether the module's score is a negative distance, else an inner product.
        parts: Vectors that the module keeps for an entity: one, or a real and an imaginary one.
        options: Of the library's module.
    """

    by_distance = False
    parts = 1
    options: ClassVar[dict[str, float]] = {}

    def __init__(self, n_entities: int, n_relations: int, dim: int, seed: int = 0, scale: float = 1.0) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.module = self._module(n_entities, n_relations, dim // self.parts)
        self.frequencies = TailFrequencies(n_entities, n_relations)
        self.whole = nn.ModuleDict({"vectors": self.module, "frequencies": self.frequencies})
        self.scale = scale

    def _module(self, n_entities: int, n_relations: int, dim: int) -> Any:
        """Return the library's module of the same name."""
        # It takes seven seconds to import, which who only ranks or asks need not wait for.
        from torch_geometric.nn import kge  # type: ignore[import-untyped]  # noqa: PLC0415

        return getattr(kge, type(self).__name__)(n_entities, n_relations, dim, sparse=True, **self.options)

    def queries(self, heads: Tensor, relations: Tensor) -> Tensor:
        """Return the vector that the right tails are near, shape (n, dim)."""
        raise NotImplementedError

    def tails(self, entities: Tensor) -> Tensor:
        """Return the vectors of entities, shape (n, dim)."""
        raise NotImplementedError

    def factors(self, heads: Tensor, relations: Tensor, tails: Tensor) -> list[Tensor]:  # noqa: ARG002
        """Return what a penalty is laid on, shape (n, dim / parts) each, by absolute value; unit vectors need none."""
        return []

    def scores(self, heads: Tensor, relations: Tensor, tails: Tensor) -> Tensor:
        """Return the logits of every tail for every query, shape (n_queries, n_tails): what training is by."""
        near = self.compare(self.queries(heads, relations), self.tails(tails))
        return self._scaled(near) + self.frequencies.of_all(relations, tails)

    def known_scores(self, heads: Tensor, relations: Tensor, tails: Tensor) -> Tensor:
        """Return the logits of facts that are trained on, shape (n,); none of them counts for its own frequency."""
        queries, right = self.queries(heads, relations), self.tails(tails)
        if self.by_distance:
            near = -(queries - right).square().sum(dim=1).clamp_min(1e-9).sqrt()
        else:
            near = (queries * right).sum(dim=1)
        return self._scaled(near) + self.frequencies.of_known(relations, tails)

    def _scaled(self, near: Tensor) -> Tensor:
        return near * self.scale if self.by_distance else near

    def compare(self, queries: Tensor, tails: Tensor) -> Tensor:
        """Return the module's scores of every query with every tail, shape (n_queries, n_tails)."""
        products = queries @ tails.T
        if not self.by_distance:
            return products
        squares = queries.square().sum(1)[:, None] - 2 * products + tails.square().sum(1)[None]
        return -squares.clamp_min(1e-9).sqrt()


class TransE(GraphModel):
    """Bordes et al., NIPS 2013: a relation is a translation."""

    by_distance = True
    options: ClassVar[dict[str, float]] = {"p_norm": 2.0}

    def queries(self, heads: Tensor, relations: Tensor) -> Tensor:
        moved: Tensor = self.tails(heads) + self.module.rel_emb(relations)
        return moved

    def tails(self, entities: Tensor) -> Tensor:
        return functional.normalize(self.module.node_emb(entities), dim=-1)


class DistMult(GraphModel):
    """Yang et al., ICLR 2015: a relation scales the axes."""

    def queries(self, heads: Tensor, relations: Tensor) -> Tensor:
        scaled: Tensor = self.module.node_emb(heads) * self.module.rel_emb(relations)
        return scaled

    def tails(self, entities: Tensor) -> Tensor:
        rows: Tensor = self.module.node_emb(entities)
        return rows

    def factors(self, heads: Tensor, relations: Tensor, tails: Tensor) -> list[Tensor]:
        return [self.module.node_emb(heads), self.module.rel_emb(relations), self.module.node_emb(tails)]


class ComplEx(GraphModel):
    """Trouillon et al., ICML 2016: a relation scales and turns complex axes."""

    parts = 2

    def queries(self, heads: Tensor, relations: Tensor) -> Tensor:
        module = self.module
        real, imaginary = module.node_emb(heads), module.node_emb_im(heads)
        turn_real, turn_imaginary = module.rel_emb(relations), module.rel_emb_im(relations)
        return torch.cat(
            [real * turn_real - imaginary * turn_imaginary, imaginary * turn_real + real * turn_imaginary], dim=-1
        )

    def tails(self, entities: Tensor) -> Tensor:
        return torch.cat([self.module.node_emb(entities), self.module.node_emb_im(entities)], dim=-1)

    def factors(self, heads: Tensor, relations: Tensor, tails: Tensor) -> list[Tensor]:
        module = self.module
        return [
            _modulus(module.node_emb(heads), module.node_emb_im(heads)),
            _modulus(module.rel_emb(relations), module.rel_emb_im(relations)),
            _modulus(module.node_emb(tails), module.node_emb_im(tails)),
        ]


class RotatE(GraphModel):
    """Sun et al., ICLR 2019: a relation turns complex axes; entities have unit length, as in TransE."""

    by_distance = True
    parts = 2
    options: ClassVar[dict[str, float]] = {"margin": 0.0}

    def queries(self, heads: Tensor, relations: Tensor) -> Tensor:
        angle = self.module.rel_emb(relations)
        real, imaginary = self.tails(heads).chunk(2, dim=-1)
        cosine, sine = angle.cos(), angle.sin()
        return torch.cat([cosine * real - sine * imaginary, cosine * imaginary + sine * real], dim=-1)

    def tails(self, entities: Tensor) -> Tensor:
        both = torch.cat([self.module.node_emb(entities), self.module.node_emb_im(entities)], dim=-1)
        return functional.normalize(both, dim=-1)


MODELS: dict[ModelName, type[GraphModel]] = {
    "transe": TransE,
    "distmult": DistMult,
    "complex": ComplEx,
    "rotate": RotatE,
}


def _modulus(real: Tensor, imaginary: Tensor) -> Tensor:
    return (real.square() + imaginary.square() + 1e-12).sqrt()
