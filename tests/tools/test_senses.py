"""What words mean to the packaged text encoder."""

import pytest

from kg.embeddings.text import SentenceEncoder
from kg.snapshot import Snapshot
from tools.senses import SenseLinker


@pytest.mark.slow
def test_a_last_name_calls_somebody_to_mind_and_a_thing_does_not(tiny: Snapshot) -> None:
    senses = SenseLinker(tiny, SentenceEncoder())
    known = ["Steven Spielberg", "Alfred Hitchcock", "Clint Eastwood", "Orson Welles", "John Hughes"]
    assert [senses.calls(name.split()[1].lower(), name) for name in known] == [True] * len(known)
    things = ["Sigourney Weaver", "Glenn Close", "Ridley Scott", "Robert Stack", "Ron Shore"]
    assert [senses.calls(name.split()[1].lower(), name) for name in things] == [False] * len(things)
