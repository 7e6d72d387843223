"""Texts with declared placeholders, no logic."""

from prompts.template import Template, load_template

__all__ = ["Template", "load_template"]
