"""TensorBoard's event files of a training, or nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kg.embeddings.graph.evaluation import LinkMetrics

if TYPE_CHECKING:
    from kg.embeddings.graph.training import Epoch


class Board:
    """Writes losses and metrics; use as a context manager.

    Args:
        folder: Where the event files go; None: nothing is written.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._writer: Any = None

    def __enter__(self) -> Self:
        if self._folder is not None:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - seconds that most runs do not need

            self._writer = SummaryWriter(str(self._folder))
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, epoch: "Epoch") -> None:
        self._add("train/loss", epoch.loss, epoch.number)
        if epoch.valid_mrr is not None:
            self._add("valid/mrr", epoch.valid_mrr, epoch.number)

    def finish(self, valid: LinkMetrics) -> None:
        """Write the metrics of the best epoch."""
        self._add("valid/mrr_best", valid.mrr, 0)
        for k, share in valid.hits.items():
            self._add(f"valid/hits_at_{k}", share, 0)

    def _add(self, tag: str, value: float, step: int) -> None:
        if self._writer is not None:
            self._writer.add_scalar(tag, value, step)
