"""The prompt of the act step: the request, what it was taken to mean, what was done so far, what may be done now."""

from collections.abc import Sequence

from agent.actions import Action
from agent.interpretation import Interpretation
from agent.untrusted import plain
from prompts import load_template

MAX_TEXT, MAX_LINE = 300, 160
LATEST = 4
"""Observations that the model is shown."""


class ActPrompt:
    """Writes the messages of the act step."""

    def __init__(self) -> None:
        self._template = load_template("act")

    def messages(
        self, request: str, meaning: Interpretation, observed: Sequence[str], actions: Sequence[Action]
    ) -> list[dict[str, str]]:
        """Return the chat messages that ask for the next action."""
        return self._template.messages(
            request=plain(request, MAX_TEXT),
            meaning=plain(meaning.said(), MAX_TEXT),
            done="\n".join(f"- {one}" for one in observed[-LATEST:]) or "- nothing yet",
            actions="\n".join(f"- {plain(action.said(), MAX_LINE)}" for action in actions),
        )


def observation(action: Action, said: str) -> str:
    """Return a line for a call and what came of it."""
    return f"{plain(action.said(), MAX_LINE)} -> {plain(said, MAX_LINE)}"
