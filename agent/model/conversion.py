"""Turn one GGUF file into a model folder of bf16 safetensors, in a process of its own.

Run as a file, `python -P conversion.py SOURCE TARGET`: torch and transformers load here and not in the command line.
"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig


def convert(source: Path, target: Path) -> None:
    """Write the model and the tokenizer of `source` into the folder `target`."""
    folder, name = str(source.parent), source.name
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=name, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    # A trace of the old quantisation would send vLLM looking for GGUF tensors.
    vars(model.config).pop("quantization_config", None)
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(folder, gguf_file=name).save_pretrained(target)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
