"""The errors of the evaluation, as a tree.

ThenceError
└── EvaluationError           an evaluation that cannot be run as asked
    └── NothingToScoreError   no user is left whose held-out items could be found
"""

from kg.errors import ThenceError


class EvaluationError(ThenceError):
    """An evaluation cannot be run as asked."""


class NothingToScoreError(EvaluationError):
    """No user is left whose held-out items could be found."""
