"""The type of number in which this machine computes fast."""

from pathlib import Path
from typing import Literal

Precision = Literal["bfloat16", "float32"]

BF16_FLAGS = frozenset({"avx512f", "bf16"})
"""Without AVX-512 (or ARM's own bf16) a CPU emulates bfloat16: measured 9 times slower at prefill than float32."""


def precision_on(device: str) -> Precision:
    """Return the type to serve in on a torch device: where it is native the shorter one, of which less is read."""
    return "bfloat16" if device != "cpu" or BF16_FLAGS & cpu_flags() else "float32"


def cpu_flags() -> frozenset[str]:
    """Return what the processor can do as Linux lists it; nothing elsewhere."""
    listed = Path("/proc/cpuinfo")
    return frozenset(listed.read_text().split()) if listed.exists() else frozenset()
