"""The page about a graph: its numbers, and that no label can do anything in it."""

import re
from html.parser import HTMLParser

from kg.quality import find, open_effective, read_view
from kg.quality.plots import bars, log_log
from kg.quality.report import render_report
from kg.quality.statistics import GraphStatistics, measure
from kg.quality.validation import Validation, Violation
from tests.kg.quality.conftest import WriteDomain
from tests.kg.quality.test_kinds import BOOKS, PEOPLE, A

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def page(write_domain: WriteDomain, turtle: str, validation: Validation | None = None) -> str:
    domain = write_domain(turtle)
    store = open_effective(domain)
    view = read_view(store, domain)
    return render_report(ATTACK, len(store), measure(view), find(view), validation)


def test_labels_and_iris_are_inert(write_domain: WriteDomain) -> None:
    evil = f':evil a :Person ; rdfs:label "{ATTACK}" ; :author :evil . :b0 :author "{ATTACK}" .'
    shapes = Validation([Violation("Violation", A + ATTACK, A + ATTACK, ATTACK, "Class", ATTACK)], frozenset())
    html = page(write_domain, BOOKS + PEOPLE + evil, shapes)
    seen = Tags()
    seen.feed(html)
    assert seen.tags.isdisjoint({"script", "img", "iframe", "object", "link", "a"})
    assert not [name for name in seen.attributes if name.startswith("on") or name in {"src", "href"}]
    assert html.count("&lt;script&gt;") >= 4
    assert "default-src 'none'" in html


def test_the_page_loads_nothing(write_domain: WriteDomain) -> None:
    html = page(write_domain, BOOKS + PEOPLE)
    assert not re.search(r'(src|href)="|url\(|@import', html)
    assert "prefers-color-scheme: dark" in html


def test_the_numbers_of_a_small_graph(write_domain: WriteDomain) -> None:
    domain = write_domain(BOOKS + PEOPLE)
    found = measure(read_view(open_effective(domain), domain))
    assert isinstance(found, GraphStatistics)
    assert (found.entities, found.links, found.literals, found.labelled) == (16, 12, 12, 1.0)
    assert found.components == [4, 4, 4, 4]
    assert found.degrees == {1: 12, 3: 4}
    assert found.coverage[A + "Book"] == {A + "author": 1.0, A + "year": 1.0}
    assert [(one.predicate, one.triples, one.objects) for one in found.relations] == [
        (A + "author", 12, 4),
        (A + "year", 12, 12),
    ]


def test_plots_of_nothing_are_nothing() -> None:
    assert log_log([(0.0, 3.0)], "x", "y") == ""
    assert bars([], "x") == ""


def test_points_lie_within_the_plot() -> None:
    svg = log_log([(1, 1), (9, 40), (1000, 2)], "x", "y")
    places = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)]
    assert len(places) == 3
    assert all(0 < x < 640 and 0 < y < 320 for x, y in places)
