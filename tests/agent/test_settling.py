"""What a wish leaves open is said."""

import pytest

from agent.interpretation import Interpretation, Ref
from agent.settling import settled
from kg.snapshot import Snapshot


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("Ford", ["Several are called “Ford”: Glenn Ford and Harrison Ford; the whole name tells which is meant."]),
        (
            "Kubrick",
            ["Several are called “Kubrick”: Stanley Kubrick and Vivian Kubrick; the whole name tells which is meant."],
        ),
        ("Harrison Ford", []),
        ("Tarantino", []),
    ],
)
def test_a_last_name_of_several_is_told(films: Snapshot, text: str, notes: list[str]) -> None:
    (mention,) = films.linker.spot(f"something with {text}")
    rivals = [str(one.iri) for one in mention.rivals]
    wish = Interpretation(
        intent="recommend", want=[Ref(iri=mention.best.iri, label=mention.best.label, text=text, rivals=rivals)]
    )
    assert settled(wish, films, []).notes == notes


def test_one_name_of_several_is_no_last_name(films: Snapshot) -> None:
    """Whole names that are alike cannot be told apart by the whole name."""
    (mention,) = films.linker.spot("something like The Godfather")
    rivals = [str(one.iri) for one in mention.rivals]
    assert rivals
    like = Ref(iri=mention.best.iri, label=mention.best.label, text=mention.text, rivals=rivals)
    assert settled(Interpretation(intent="recommend", like=[like]), films, []).notes == []
