"""Prompt templates: text files whose placeholders are declared in their first line and checked on load."""

import string
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Template:
    """A system text that never changes, so that the server can cache it, and a user text with placeholders."""

    name: str
    system: str
    user: str
    placeholders: frozenset[str]

    def messages(self, **values: str) -> list[dict[str, str]]:
        """Return chat messages.

        Raises:
            ValueError: The values are not exactly the declared placeholders.
        """
        if set(values) != self.placeholders:
            raise ValueError(f"prompt {self.name} takes {sorted(self.placeholders)}, got {sorted(values)}")
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.user.format(**values)}]


def load_template(name: str) -> Template:
    """Read `texts/NAME.txt`: a line `placeholders: ...`, then the system text, a line `---`, and the user text.

    Raises:
        ValueError: The placeholders that are declared are not those that are used.
    """
    text = resources.files("prompts").joinpath("texts", f"{name}.txt").read_text("utf-8")
    first, _, body = text.partition("\n")
    system, _, user = body.partition("\n---\n")
    declared = frozenset(filter(None, map(str.strip, first.removeprefix("placeholders:").split(","))))
    used = frozenset(found for _, found, _, _ in string.Formatter().parse(user) if found)
    if declared != used:
        raise ValueError(f"prompt {name} declares {sorted(declared)} and uses {sorted(used)}")
    return Template(name, system.strip(), user.strip(), declared)
