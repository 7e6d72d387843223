"""The fixtures of the command line serve the chat too."""

from tests.agent.cli.conftest import fake, thence

__all__ = ["fake", "thence"]
