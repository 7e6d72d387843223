"""What goes wrong in a tool call, written for the model that made the call.

ThenceError
└── ToolError                 the message says what is valid, so that the model can mend its call
    ├── QueryRefusedError     a query that is not read-only, not local or not SPARQL
    ├── QueryTimeoutError     a query that took too long and was ended
    ├── UnknownNameError      a name, relation or item that the graph does not hold
    └── DimensionError        vectors of another size than the index
"""

from kg.errors import ThenceError


class ToolError(ThenceError):
    """A call that cannot be carried out as it came."""


class QueryRefusedError(ToolError):
    """The query is not a read-only query over this graph."""


class QueryTimeoutError(ToolError):
    """The query took longer than it may."""


class UnknownNameError(ToolError):
    """The graph holds nothing of that name."""


class DimensionError(ToolError):
    """The vectors do not fit the index."""
