"""The chat in the terminal."""

from agent.chat.loop import chat

__all__ = ["chat"]
