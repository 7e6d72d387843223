"""The commands `thence bench`: speed and size, beside peers in the same run."""

from eval.bench.app import app

__all__ = ["app"]
