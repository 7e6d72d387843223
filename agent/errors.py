"""The errors of the agent, below `kg.errors.ThenceError`.

ThenceError
└── AgentError
    ├── SettingsError              a setting has a value that cannot be
    ├── RequestError               a request that cannot be served as it came (size, k, characters)
    ├── LedgerError                the file of the users' feedback: damaged, in use, not writable
    ├── ProofError                 a file that is no proof, or a proof that cannot be written or made
    └── ModelError                 the language model or its server
        ├── ModelNotPreparedError  weights are missing and cannot be made
        ├── ServerStartError       the server did not come up; carries the end of its log
        ├── ModelUnreachableError  no answer from the server
        ├── RefusedRequestError    the server does not take the request (schema, grammar, length, key)
        ├── UnconstrainedError     the server ignores the schema that it is given
        └── InvalidOutputError     an answer that does not validate
"""

from kg.errors import ThenceError


class AgentError(ThenceError):
    """Something that the agent met."""


class SettingsError(AgentError):
    """A setting has a value that cannot be."""


class RequestError(AgentError):
    """A request that cannot be served as it came."""


class LedgerError(AgentError):
    """The ledger cannot be read or written."""


class ProofError(AgentError):
    """A proof cannot be read, written or made."""


class ModelError(AgentError):
    """The language model or its server."""

    exit_code = 3


class ModelNotPreparedError(ModelError):
    """The weights are missing and cannot be made."""


class ServerStartError(ModelError):
    """The server did not come up."""


class ModelUnreachableError(ModelError):
    """The server gives no answer."""


class RefusedRequestError(ModelError):
    """The server does not take the request."""


class UnconstrainedError(ModelError):
    """The server ignores the schema that it is given."""


class InvalidOutputError(ModelError):
    """The model's answer does not validate."""
