"""A second look at a plan of the model: what of it cannot be meant, and what is left to choose from instead."""

from agent.rereading.corrections import corrected, listed_instead
from agent.rereading.early import going_on, stops_early
from agent.rereading.second_look import SecondLook
from agent.rereading.walks import Walks

__all__ = ["SecondLook", "Walks", "corrected", "going_on", "listed_instead", "stops_early"]
