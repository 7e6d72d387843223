"""Tables of interactions as sources: they go into the domain as they are."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.building.source import Run
from kg.importing import HELD_OUT, HISTORY, ITEMS, USERS

TABLES = (*HISTORY, *HELD_OUT, ITEMS, USERS)
"""The names under which a domain has them."""


@dataclass(frozen=True)
class InteractionsSource:
    """Tables of users, items and what the users did, by the names that a domain has for them."""

    tables: tuple[Path, ...]
    kind = "interactions"
    options = ""

    @property
    def name(self) -> str:
        return ", ".join(table.name for table in self.tables)

    @property
    def files(self) -> Sequence[Path]:
        return self.tables

    def convert(self, folder: Path, run: Run) -> None:
        for table in self.tables:
            shutil.copyfile(table, folder / table.name)
        run.tick(run.meter)
