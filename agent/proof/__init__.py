"""Proofs: an answer as a JSON-LD document, and checking one against the graph without a model."""

from agent.proof.checking import check_proof
from agent.proof.document import Proof
from agent.proof.files import read_proof, write_proof
from agent.proof.making import make_proof
from agent.proof.report import Check, LostTriple, Report
from agent.proof.scores import check_scores

__all__ = [
    "Check",
    "LostTriple",
    "Proof",
    "Report",
    "check_proof",
    "check_scores",
    "make_proof",
    "read_proof",
    "write_proof",
]
