"""The commands `thence kg`."""

from agent.cli.kg.app import app

__all__ = ["app"]
