"""Stand-ins that tests of several packages share."""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kg.labels import fold


class BagOfWordsEncoder:
    """An encoder without a model: each word of a text adds 1 in the place that its checksum names.

    Attributes:
        calls: The texts of each call, in order.
    """

    name = "bag-of-words"

    def __init__(self, dim: int = 64) -> None:
        self.dim = dim
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.calls.append(list(texts))
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in fold(text).split() or [""]:
                vector[zlib.crc32(word.encode("utf-8", "replace")) % self.dim] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
