"""The sample domain `films`: its graph, its settled facts and its simulated users."""

import csv
import os
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, RDFS, Graph, Literal, URIRef
from rdflib.term import Node

from kg.films import check_facts, personas
from kg.films.graph import DBO, EX, FOLDER, TURTLE_FILES, load_films

OBJECT_PROPERTIES = (
    DBO.director,
    DBO.starring,
    DBO.writer,
    DBO.musicComposer,
    DBO.genre,
    DBO.country,
    DBO.basedOn,
    DBO.author,
    EX.sequelOf,
)
ASKED_FOR = (
    "Alien_1979",
    "Aliens_1986",
    "Galaxy_Quest_1999",
    "Men_in_Black_1997",
    "Ghostbusters_1984",
    "Mars_Attacks_1996",
    "Spaceballs_1987",
    "The_Fifth_Element_1997",
    "Shaun_of_the_Dead_2004",
    "Back_to_the_Future_1985",
    "Back_to_the_Future_Part_II_1989",
    "Back_to_the_Future_Part_III_1990",
    "Star_Wars_1977",
    "The_Empire_Strikes_Back_1980",
    "Return_of_the_Jedi_1983",
    "Raiders_of_the_Lost_Ark_1981",
    "Indiana_Jones_and_the_Temple_of_Doom_1984",
    "Indiana_Jones_and_the_Last_Crusade_1989",
    "Blade_Runner_1982",
    "The_Fugitive_1993",
    "Witness_1985",
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return load_films()


@pytest.fixture(scope="module")
def films(graph: Graph) -> list[Node]:
    return sorted(graph.subjects(RDF.type, DBO.Film), key=str)


@pytest.fixture(scope="module")
def interactions() -> list[dict[str, str]]:
    return _rows("interactions.tsv")


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _label(graph: Graph, node: Node, language: str) -> str | None:
    labels = [label for label in graph.objects(node, RDFS.label) if isinstance(label, Literal)]
    return next((str(label) for label in labels if label.language == language), None)


def _year(graph: Graph, film: Node) -> int:
    return int(str(graph.value(film, EX.year)))


def _ml100k() -> Path:
    beside = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    return Path(os.environ.get("THENCE_SHARED_DATA", beside)) / "ml100k"


class TestGraph:
    @pytest.mark.slow
    @pytest.mark.parametrize("name", TURTLE_FILES)
    def test_a_file_parses_and_is_small(self, name: str) -> None:
        assert len(Graph().parse(FOLDER / name, format="turtle")) > 0
        assert (FOLDER / name).stat().st_size < 400_000

    @pytest.mark.parametrize(
        ("cls", "least"),
        [(DBO.Film, 260), (DBO.Person, 1_000), (DBO.Genre, 25), (DBO.Country, 15), (DBO.Work, 80)],
    )
    def test_there_are_enough_of_each_class(self, graph: Graph, cls: URIRef, least: int) -> None:
        assert len(set(graph.subjects(RDF.type, cls))) >= least

    def test_the_counts_of_the_readme_are_true(self, graph: Graph, interactions: list[dict[str, str]]) -> None:
        table = re.findall(r"^\| ([\w ]+) \| (\d+) \|$", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
        labels = [label for label in graph.objects(None, RDFS.label) if isinstance(label, Literal)]
        assert {name: int(count) for name, count in table} == {
            "films": len(set(graph.subjects(RDF.type, DBO.Film))),
            "people": len(set(graph.subjects(RDF.type, DBO.Person))),
            "genres": len(set(graph.subjects(RDF.type, DBO.Genre))),
            "countries": len(set(graph.subjects(RDF.type, DBO.Country))),
            "works that films are based on": len(set(graph.subjects(RDF.type, DBO.Work))),
            "Chinese labels": sum(label.language == "zh" for label in labels),
            "users": len(_rows("users.tsv")),
            "ratings": len(interactions),
        }

    def test_every_film_is_a_catalogue_item_and_nothing_else_is(self, graph: Graph, films: list[Node]) -> None:
        assert set(graph.subjects(RDF.type, EX.CatalogItem)) == set(films)

    @pytest.mark.parametrize("name", ASKED_FOR)
    def test_a_film_that_the_examples_need_is_there(self, films: list[Node], name: str) -> None:
        assert URIRef(f"http://example.org/film/{name}") in films

    @pytest.mark.parametrize("predicate", OBJECT_PROPERTIES)
    def test_objects_have_a_type_and_an_english_label(self, graph: Graph, predicate: URIRef) -> None:
        objects = set(graph.objects(None, predicate))
        assert objects
        assert [node for node in objects if graph.value(node, RDF.type) is None] == []
        assert [node for node in objects if _label(graph, node, "en") is None] == []

    @pytest.mark.parametrize(
        "predicate", [RDFS.label, EX.year, DBO.director, DBO.genre, DBO.country, DBO.starring, DCTERMS.description]
    )
    def test_every_film_has(self, graph: Graph, films: list[Node], predicate: URIRef) -> None:
        assert [film for film in films if graph.value(film, predicate) is None] == []

    def test_films_genres_and_countries_have_a_chinese_label(self, graph: Graph) -> None:
        for cls in (DBO.Film, DBO.Genre, DBO.Country):
            assert [node for node in graph.subjects(RDF.type, cls) if _label(graph, node, "zh") is None] == []

    def test_two_hundred_people_have_a_chinese_label(self, graph: Graph) -> None:
        people = graph.subjects(RDF.type, DBO.Person)
        assert sum(_label(graph, person, "zh") is not None for person in people) >= 200

    def test_no_entity_has_two_labels_in_one_language(self, graph: Graph) -> None:
        counts = Counter(
            (node, label.language) for node, label in graph.subject_objects(RDFS.label) if isinstance(label, Literal)
        )
        assert [key for key, count in counts.items() if count > 1] == []

    def test_every_person_is_mentioned(self, graph: Graph) -> None:
        mentioned = {node for predicate in OBJECT_PROPERTIES for node in graph.objects(None, predicate)}
        assert set(graph.subjects(RDF.type, DBO.Person)) <= mentioned

    def test_years_are_years_and_every_decade_is_there(self, graph: Graph, films: list[Node]) -> None:
        years = [_year(graph, film) for film in films]
        assert min(years) >= 1900
        assert max(years) <= 2026
        assert {year // 10 * 10 for year in years} >= set(range(1930, 2030, 10))

    def test_the_year_in_an_iri_is_the_year(self, graph: Graph, films: list[Node]) -> None:
        assert [film for film in films if not str(film).endswith(f"_{_year(graph, film)}")] == []

    def test_iris_are_plain(self, graph: Graph) -> None:
        ours = {node for node in graph.all_nodes() if str(node).startswith("http://example.org/")}
        names = {str(node).rsplit("/", 1)[-1] for node in ours}
        assert [name for name in names if not (name.isascii() and name.replace("_", "").isalnum())] == []

    def test_a_film_has_one_to_four_genres(self, graph: Graph, films: list[Node]) -> None:
        assert {len(set(graph.objects(film, DBO.genre))) for film in films} <= {1, 2, 3, 4}

    def test_a_description_has_ten_to_twenty_five_words(self, graph: Graph, films: list[Node]) -> None:
        descriptions = [str(graph.value(film, DCTERMS.description)) for film in films]
        assert [text for text in descriptions if not 10 <= len(text.split()) <= 25] == []

    def test_a_sequel_is_not_older_than_what_it_continues(self, graph: Graph) -> None:
        sequels = list(graph.subject_objects(EX.sequelOf))
        assert sequels
        assert [(new, old) for new, old in sequels if _year(graph, new) < _year(graph, old)] == []


class TestFacts:
    def test_a_settled_disagreement_has_a_verdict_and_a_reason(self) -> None:
        rows = check_facts.read_settled()
        assert rows
        assert [row for row in rows if len(row["why"].split()) < 4] == []

    def test_no_disagreement_is_settled_twice(self) -> None:
        keys = Counter((row["film_iri"], row["relation"], row["ours"]) for row in check_facts.read_settled())
        assert [key for key, count in keys.items() if count > 1] == []

    def test_a_verdict_for_them_is_not_left_in_the_graph(self) -> None:
        assert [row for row in check_facts.read_settled() if row["verdict"] == "theirs"] == []

    @pytest.mark.slow
    def test_every_disagreement_with_ml100k_is_settled_and_none_is_stale(
        self, graph: Graph, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = _ml100k()
        if not (folder / "kg.nt.gz").is_file():
            pytest.skip(f"no MovieLens graph at {folder}; set THENCE_SHARED_DATA to the folder that holds ml100k")
        assert check_facts.main([str(folder)]) == 0
        assert capsys.readouterr().out == ""
        found = {item.key for item in check_facts.find_disagreements(graph, check_facts.load_ml100k(folder))}
        assert {(row["film_iri"], row["relation"], row["ours"]) for row in check_facts.read_settled()} == found

    def test_an_invented_credit_is_a_disagreement(self) -> None:
        ours, theirs = (Graph().parse(data=_page(director), format="turtle") for director in ("Ann", "Bob"))
        found = check_facts.find_disagreements(ours, theirs)
        assert [(item.relation, item.ours, item.theirs) for item in found] == [("director", "Ann", "Bob")]

    def test_what_they_leave_unsaid_is_no_disagreement(self) -> None:
        ours = Graph().parse(data=_page("Ann"), format="turtle")
        theirs = Graph().parse(data=_page("Ann"), format="turtle").remove((None, DBO.director, None))
        assert check_facts.find_disagreements(ours, theirs) == []


def _page(director: str) -> str:
    return f"""
        @prefix dbo: <http://dbpedia.org/ontology/> .
        @prefix ex: <http://example.org/vocab/> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        ex:f a dbo:Film ; rdfs:label "The Film" ; ex:year 1999 ; dbo:director ex:{director} .
        ex:{director} a dbo:Person ; rdfs:label "{director}" .
    """


class TestSimulatedUsers:
    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["interactions.tsv", "users.tsv"])
    def test_the_tables_are_what_the_script_makes(self, graph: Graph, tmp_path: Path, name: str) -> None:
        personas.write_tables(tmp_path, graph)
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()

    def test_nothing_but_the_tables_is_written(self, graph: Graph, tmp_path: Path) -> None:
        personas.write_tables(tmp_path, graph)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["interactions.tsv", "users.tsv"]

    def test_there_are_sixty_users_of_every_persona(self) -> None:
        rows = _rows("users.tsv")
        assert [row["user_id"] for row in rows] == [f"u{number:02d}" for number in range(1, 61)]
        assert {row["persona"] for row in rows} == {persona.name for persona in personas.PERSONAS}
        assert all(row["note"].startswith("simulated; ") for row in rows)

    def test_a_user_has_fifteen_to_sixty_ratings(self, interactions: list[dict[str, str]]) -> None:
        counts = Counter(row["user_id"] for row in interactions)
        assert set(counts) == {row["user_id"] for row in _rows("users.tsv")}
        assert min(counts.values()) >= 15
        assert max(counts.values()) <= 60

    def test_items_are_films_and_nobody_rates_one_twice(
        self, films: list[Node], interactions: list[dict[str, str]]
    ) -> None:
        pairs = [(row["user_id"], row["item_iri"]) for row in interactions]
        assert len(pairs) == len(set(pairs))
        assert {item_iri for _, item_iri in pairs} <= {str(film) for film in films}

    def test_all_five_ratings_occur(self, interactions: list[dict[str, str]]) -> None:
        assert {row["rating"] for row in interactions} == {"1", "2", "3", "4", "5"}

    def test_a_users_ratings_are_in_the_order_of_time(self, interactions: list[dict[str, str]]) -> None:
        times: dict[str, list[int]] = defaultdict(list)
        for row in interactions:
            times[row["user_id"]].append(int(row["timestamp"]))
        assert [user for user, stamps in times.items() if stamps != sorted(set(stamps))] == []

    def test_a_weight_on_an_unknown_feature_is_refused(self, graph: Graph) -> None:
        catalogue = personas.read_catalogue(graph)
        with pytest.raises(ValueError, match="genre:Knitting"):
            personas.taste({"genre:Knitting": 1.0}, catalogue)

    def test_a_persona_rates_what_it_likes_higher(self, graph: Graph, interactions: list[dict[str, str]]) -> None:
        fans = {row["user_id"] for row in _rows("users.tsv") if row["persona"] == "science_fiction_fan"}
        liked = {str(film) for film in graph.subjects(DBO.genre, URIRef("http://example.org/genre/Science_fiction"))}
        stars: dict[bool, list[int]] = {True: [], False: []}
        for row in interactions:
            if row["user_id"] in fans:
                stars[row["item_iri"] in liked].append(int(row["rating"]))
        assert sum(stars[True]) / len(stars[True]) > sum(stars[False]) / len(stars[False]) + 1
