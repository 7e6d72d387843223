"""What was said of an entity counts for the one that it was merged into, until the merge is taken back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.feedback import Feedback
from agent.interpretation import Interpretation, Ref
from agent.ledger import FILE, Ledger
from agent.recommender import Recommender
from agent.settings import load_settings
from agent.taste import Told
from kg.changes import Change
from kg.domain import Domains
from kg.quality import apply, clean_view, find
from kg.snapshot import Snapshot, open_snapshot
from kg.types import Iri
from tests.agent.conftest import open_quietly
from tests.agent.fakes import ScriptedGate, unreachable
from tests.agent.test_feedback import say
from tests.conftest import write_bookshop

BOOK, GENRE = "http://shop.example/book/", "http://shop.example/genre/"
OLD, KEPT, GOTHIC, HORROR = BOOK + "dracula2", BOOK + "dracula", GENRE + "gothic", GENRE + "horror"
DOUBLES = f"""
<{OLD}> a <http://shop.example/vocab/Book>, <http://example.org/vocab/CatalogItem> ;
    <http://www.w3.org/2000/01/rdf-schema#label> "Dracula" ; <http://www.w3.org/2002/07/owl#sameAs> <{KEPT}> ;
    <http://shop.example/vocab/genre> <{GOTHIC}> .
<{GOTHIC}> a <http://shop.example/vocab/Genre> ; <http://www.w3.org/2000/01/rdf-schema#label> "Gothic" ;
    <http://www.w3.org/2002/07/owl#sameAs> <{HORROR}> .
"""


class Shop:
    """A bookshop with an item and a genre under two IRIs, one of which its users' history has, and its ledger."""

    def __init__(self, folder: Path) -> None:
        self.home, self.folder = folder / "home", write_bookshop(folder / "shop")
        with (self.folder / "graph.ttl").open("a", encoding="utf-8") as file:
            file.write(DOUBLES)
        with (self.folder / "items.tsv").open("a", encoding="utf-8") as file:
            file.write(f"double\t{OLD}\n")
        with (self.folder / "train.tsv").open("a", encoding="utf-8") as file:
            file.write("zoe\tdouble\t5\t1\n")
        self.ledger = Ledger(self.home / FILE)

    def open(self) -> Snapshot:
        domains = Domains(self.home)
        domain = domains.find(str(self.folder))
        return open_snapshot(domain, domains.fitted(domain))

    def feedback(self) -> Feedback:
        return Feedback(self.open(), self.ledger)

    def merge(self) -> None:
        domain = Domains(self.home).find(str(self.folder))
        assert len(apply(domain, find(clean_view(domain), ["same-as"])).logged) == 2

    def undo(self) -> None:
        Domains(self.home).find(str(self.folder)).changes.undo()

    @contextmanager
    def recommender(self) -> Iterator[Recommender]:
        toolbox = open_quietly(self.folder, self.home)
        try:
            yield Recommender(toolbox, ScriptedGate(unreachable), load_settings(home=self.home))
        finally:
            toolbox.close()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.slow
def test_the_ledger_follows_a_merge_and_its_undoing(shop: Shop) -> None:
    before = shop.feedback()
    before.like("zed", OLD)
    before.avoid("zed", GOTHIC)
    assert (set(before.taste("zed").history), before.taste("zed").avoid) == ({OLD}, (GOTHIC,))
    shop.merge()
    merged = shop.feedback()
    assert (set(merged.taste("zed").history), merged.taste("zed").avoid) == ({KEPT}, (HORROR,))
    assert merged.effective("zed").likings == {KEPT: True}
    assert [merged.label(one.iri) for one in merged.entries("zed")] == ["Dracula", "Horror"]
    assert [one.iri for one in merged.entries("zed")] == [OLD, GOTHIC]
    shop.undo()
    again = shop.feedback()
    assert (set(again.taste("zed").history), again.taste("zed").avoid) == ({OLD}, (GOTHIC,))


@pytest.mark.slow
def test_the_history_follows_a_merge_and_its_undoing(shop: Shop) -> None:
    def known() -> list[str]:
        snapshot = shop.open()
        return [snapshot.items[column] for column in snapshot.interactions.history("zoe")]

    before = known()
    shop.merge()
    merged = known()
    shop.undo()
    assert (before, merged, known()) == ([OLD], [KEPT], [OLD])


@pytest.mark.slow
def test_the_latest_word_on_either_of_two_that_are_one_counts(shop: Shop) -> None:
    shop.feedback().rate("zed", KEPT, 1)
    shop.feedback().rate("zed", OLD, 5)
    shop.merge()
    assert shop.feedback().taste("zed").rated == {KEPT: 5.0}
    shop.undo()
    assert shop.feedback().taste("zed").rated == {KEPT: 1.0, OLD: 5.0}


def test_remarks_of_a_conversation_follow_a_merge(shop: Shop) -> None:
    shop.merge()
    assert set(shop.feedback().taste(None, [Told("like", OLD)]).history) == {KEPT}


def test_a_merged_item_is_known_by_its_former_iri_and_its_short_id(shop: Shop) -> None:
    shop.merge()
    snapshot = shop.open()
    assert (snapshot.item(OLD), snapshot.item("double"), snapshot.current(KEPT)) == (KEPT, KEPT, KEPT)
    assert shop.feedback().like("zed", OLD).iri == KEPT


def test_an_earlier_wish_is_brought_up_to_date_and_an_example_that_is_gone_is_left_out() -> None:
    refs = [Ref(iri=iri, label="x", text="x") for iri in (OLD, KEPT, BOOK + "gone")]
    wish = Interpretation(intent="recommend", like=refs, avoid=[Ref(iri=GOTHIC, label="Gothic", text="Gothic")])
    now = wish.brought_up_to_date(lambda iri: Iri({OLD: KEPT, GOTHIC: HORROR}.get(iri, iri)), {KEPT})
    assert ([ref.iri for ref in now.like], [ref.iri for ref in now.avoid]) == ([KEPT], [HORROR])


@pytest.mark.slow
async def test_a_conversation_goes_on_after_its_example_was_merged(shop: Shop) -> None:
    with shop.recommender() as recommender:
        first = await say(recommender, "something like Dracula")
        examples = first.basis.meaning["like"] if first.basis else []
        assert {one["iri"] for one in examples} & {OLD, KEPT}
    shop.merge()
    with shop.recommender() as recommender:
        after = await say(recommender, "but no Mary Shelley")
    assert after.basis
    assert [one["iri"] for one in after.basis.meaning["like"]] == [KEPT]
    assert KEPT not in {item.iri for item in after.items}


def test_a_chain_of_merges_ends_at_what_is_left(shop: Shop) -> None:
    domain = Domains(shop.home).find(str(shop.folder))
    pairs = [(OLD, KEPT), (KEPT, BOOK + "worlds")]
    domain.changes.append([("same-as", 1.0, "one", (), Change(merged=pair)) for pair in pairs])
    assert Domains(shop.home).find(str(shop.folder)).changes.merged == dict.fromkeys((OLD, KEPT), BOOK + "worlds")
