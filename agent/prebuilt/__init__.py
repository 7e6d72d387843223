"""LangChain's prebuilt tool-calling agent over the same tools and the same model, to be measured beside the loop."""

from agent.prebuilt.agent import Attempt, PrebuiltAgent
from agent.prebuilt.model import ToolCallingModel

__all__ = ["Attempt", "PrebuiltAgent", "ToolCallingModel"]
