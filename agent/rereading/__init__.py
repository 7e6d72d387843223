"""A second look at a plan of the model: what of it cannot be meant, and what is left to choose from instead."""

from agent.rereading.corrections import corrected, listed_instead
from agent.rereading.early import going_on, stops_early
from agent.rereading.second_look import SecondLook

__all__ = ["SecondLook", "corrected", "going_on", "listed_instead", "stops_early"]
