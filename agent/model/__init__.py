"""The language model: its weights, the client that asks it, and the proof that it is kept within a schema."""

from agent.model.canary import Capabilities, check_constrained
from agent.model.client import Completion, Message, ModelClient, Schema
from agent.model.weights import Weights, prepare

__all__ = [
    "Capabilities",
    "Completion",
    "Message",
    "ModelClient",
    "Schema",
    "Weights",
    "check_constrained",
    "prepare",
]
