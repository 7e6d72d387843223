"""The tool `infer_facts`: what the graph does not state but may well hold."""

from tools.inference.facts import InferenceResult, InferredFact, Source
from tools.inference.tool import FactInference

__all__ = ["FactInference", "InferenceResult", "InferredFact", "Source"]
