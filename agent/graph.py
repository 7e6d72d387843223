"""The wiring of the loop: interpret, act and call tools until it is finished, then rank, justify, verify, answer."""

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent.nodes import Nodes, route
from agent.state import RequestState, State

Loop = StateGraph[State, None, RequestState, State]


def build_graph(nodes: Nodes) -> Loop:
    """Return the graph, not yet compiled, so that the caller chooses a checkpointer."""
    graph: Loop = StateGraph(State, input_schema=RequestState)
    for name in ("open", "interpret", "act", "tool", "rank", "explain", "justify", "verify", "answer"):
        graph.add_node(name, getattr(nodes, name))
    graph.add_edge(START, "open")
    graph.add_edge("open", "interpret")
    graph.add_edge("interpret", "act")
    graph.add_conditional_edges("act", route, ["tool", "rank", "explain", "answer"])
    graph.add_edge("tool", "act")
    graph.add_edge("rank", "justify")
    graph.add_edge("explain", "justify")
    graph.add_edge("justify", "verify")
    graph.add_edge("verify", "answer")
    graph.add_edge("answer", END)
    return graph


Compiled = CompiledStateGraph[State, None, RequestState, State]
