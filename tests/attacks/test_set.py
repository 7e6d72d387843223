"""The set of attacks itself: how many there are, and that each is another one."""

from collections import Counter

from tests.attacks.file_attacks import GRAPH_FILES, MANIFESTS, REPLIES, RULES, SHAPES
from tests.attacks.file_attacks import QUERIES as SPARQL
from tests.attacks.graph_attacks import GRAPH_ATTACKS, SQUATTERS
from tests.attacks.request_attacks import DOMAINS, ITEMS, REQUEST_ATTACKS, THREADS, TOO_LONG, USERS

INPUTS = [
    *(TOO_LONG + USERS + THREADS + DOMAINS + ITEMS),
    *(SPARQL + GRAPH_FILES + MANIFESTS + RULES + SHAPES + REPLIES),
]
GRAPHS = [*GRAPH_ATTACKS, *SQUATTERS]


def test_there_are_more_than_500_attacks_of_more_than_40_kinds() -> None:
    kinds = Counter(one.kind for attacks in (GRAPHS, REQUEST_ATTACKS, INPUTS) for one in attacks)
    assert kinds.total() > 500
    assert len(kinds) > 40


def test_no_attack_is_there_twice() -> None:
    texts: list[tuple[str, str, str]] = [(one.slot, one.text, one.language) for one in GRAPHS]
    texts += [("request", one.text, "") for one in REQUEST_ATTACKS]
    texts += [(one.kind, one.text, "") for one in INPUTS]
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_every_attack_has_a_name_of_its_own_among_its_kind() -> None:
    names = Counter((one.kind, one.name) for attacks in (GRAPHS, REQUEST_ATTACKS, INPUTS) for one in attacks)
    assert [name for name, times in names.items() if times > 1] == []
