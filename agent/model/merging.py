"""Merge an adapter into a model's weights: served beside them, it would cost a CPU most of its speed.

Run as a file, `python -P merging.py MODEL ADAPTER TARGET`: torch and peft load here and not in the command line.
"""

import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer


def merge(model: Path, adapter: Path, target: Path) -> None:
    """Write the model with the adapter merged in, and its tokenizer, into the folder `target`."""
    # The product of two small matrices is added to weights of eight bits of precision: add it exactly, then round.
    base = AutoModelForCausalLM.from_pretrained(str(model), dtype=torch.float32)
    merged = PeftModel.from_pretrained(base, str(adapter)).merge_and_unload()
    merged.to(torch.bfloat16).save_pretrained(str(target))
    AutoTokenizer.from_pretrained(str(model)).save_pretrained(str(target))


if __name__ == "__main__":
    merge(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
