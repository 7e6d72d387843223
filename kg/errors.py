"""The errors of Thence, as a tree.

ThenceError                    every error that a user can mend; has an exit code for the command line
├── DomainError                a domain folder or its manifest
│   ├── UnknownDomainError     no domain of that name
│   ├── ManifestError          domain.toml does not say what it should
│   ├── ChangesError           the log of the graph's changes
│   └── ShapesError            the SHACL shapes of a domain
├── GraphError                 the graph's files or its store
│   ├── StoreVersionError      a store on disk that another version wrote
│   └── EndpointError          a SPARQL endpoint that cannot be reached, refuses, or answers with something else
│       └── EndpointTimeoutError   it took too long
├── InteractionsError          the interactions' or the items' file
├── UnknownEntityError         an IRI or a label that the graph does not hold
├── UnknownUserError           a user without a row in the interactions
├── RuleError                  a rule that is no rule, or that derives without end
└── ArtefactError              fitted artefacts that cannot be read
"""

from collections.abc import Sequence


class ThenceError(Exception):
    """Say what came, what was expected and what to do."""

    exit_code = 2


class DomainError(ThenceError):
    """Something about a domain folder."""


class UnknownDomainError(DomainError):
    """No domain has that name."""


class ManifestError(DomainError):
    """`domain.toml` is missing, broken or incomplete."""


class ChangesError(DomainError):
    """The log of a graph's changes cannot be read, or says nothing about what was asked for."""


class ShapesError(DomainError):
    """A file of SHACL shapes cannot be read, or says what no shape can say."""


class GraphError(ThenceError):
    """A graph file cannot be read, or a store cannot be opened."""


class StoreVersionError(GraphError):
    """A store on disk has the format of another version; it was left as it is."""


class EndpointError(GraphError):
    """A SPARQL endpoint cannot be reached, refuses a query, or answers with what is no SPARQL result."""


class EndpointTimeoutError(EndpointError):
    """A SPARQL endpoint took longer than the settings allow."""


class InteractionsError(ThenceError):
    """A table of items or interactions cannot be read."""


class UnknownEntityError(ThenceError):
    """The graph holds no such entity."""


class UnknownUserError(ThenceError):
    """The domain has no such user."""


class PathQueryError(ThenceError):
    """A search for paths asks for what cannot be: lengths, nodes or relations."""


class RuleError(ThenceError):
    """A file of `rules/` is no rule, or the rules derive without end."""


class ArtefactError(ThenceError):
    """Fitted artefacts are missing or damaged."""


def suggestion(near: Sequence[str]) -> str:
    """Return a sentence that names up to five near names, or an empty string."""
    return f" Did you mean {', '.join(near[:5])}?" if near else ""
