"""The loop for LangGraph Studio and the LangGraph server: `langgraph.json` names `make_graph`."""

import os

from agent.graph import Compiled
from agent.recommender import Recommender


def make_graph() -> Compiled:
    """Return the compiled loop over the domain that `THENCE_DOMAIN` names, by default `films`."""
    return Recommender.load(os.environ.get("THENCE_DOMAIN", "films")).graph
