"""The free query: what runs, what is refused, and that nothing hostile leaves a trace."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from kg.snapshot import STORE, Snapshot
from kg.types import Iri, Triple
from tools.errors import QueryRefusedError, QueryTimeoutError, ToolError
from tools.sparql import SparqlTool
from tools.sparql_guard import MAX_CHARS

BOOK, PERSON, VOCAB = (f"http://shop.example/{kind}/" for kind in ("book", "person", "vocab"))
WRITTEN = f"SELECT ?book WHERE {{ ?book <{VOCAB}author> <{PERSON}kafka> }}"
EVERYTHING = "?s ?p ?o"
CARTESIAN = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(6))

UPDATES = [
    "INSERT DATA { <a:a> <a:b> <a:c> }",
    f"DELETE WHERE {{ {EVERYTHING} }}",
    f"DELETE {{ {EVERYTHING} }} INSERT {{ ?s <a:b> ?o }} WHERE {{ {EVERYTHING} }}",
    f"WITH <a:g> DELETE {{ {EVERYTHING} }} WHERE {{ {EVERYTHING} }}",
    "LOAD <file:///etc/passwd>",
    "LOAD SILENT <http://127.0.0.1/x> INTO GRAPH <a:g>",
    "CLEAR ALL",
    "DROP DEFAULT",
    "CREATE GRAPH <a:g>",
    "COPY DEFAULT TO <a:g>",
    "MOVE DEFAULT TO <a:g>",
    "ADD <a:g> TO DEFAULT",
    "insert data { <a:a> <a:b> <a:c> }",
    f"SELECT * {{ {EVERYTHING} }} ; INSERT DATA {{ <a:a> <a:b> <a:c> }}",
    f"DROP ALL ;\nSELECT * {{ {EVERYTHING} }}",
    f"INSERT DATA {{ <a:a> <a:b> <a:c> }} ;\nSELECT * {{ {EVERYTHING} }}",
    "PREFIX a: <a:>\nINSERT DATA { a:a a:b a:c }",
    "# SELECT * { ?s ?p ?o }\nCLEAR ALL",
    "```sparql\nDROP ALL\n```",
    "Here is the query:\n```\nDELETE WHERE { ?s ?p ?o }\n```",
]

OTHER_SOURCES = [
    f"SELECT * FROM <file:///etc/passwd> {{ {EVERYTHING} }}",
    f"SELECT * FROM NAMED <file:///etc/passwd> {{ GRAPH ?g {{ {EVERYTHING} }} }}",
    f"CONSTRUCT {{ {EVERYTHING} }} FROM <http://127.0.0.1/x> WHERE {{ {EVERYTHING} }}",
    f"CONSTRUCT FROM <http://127.0.0.1/x> WHERE {{ {EVERYTHING} }}",
    f"ASK FROM <http://127.0.0.1/x> {{ {EVERYTHING} }}",
    "DESCRIBE <a:a> FROM <http://127.0.0.1/x>",
    f"SELECT * # a comment\nfrom # another\n<file:///etc/passwd> {{ {EVERYTHING} }}",
    f"SELECT * {{ SERVICE <http://127.0.0.1/x> {{ {EVERYTHING} }} }}",
    f"SELECT * {{ SERVICE SILENT <http://127.0.0.1/x> {{ {EVERYTHING} }} }}",
    f"SELECT * {{ BIND(<http://127.0.0.1/x> AS ?x) SERVICE ?x {{ {EVERYTHING} }} }}",
    f"SELECT * {{ {{ SELECT * {{ SERVICE <http://127.0.0.1/x> {{ {EVERYTHING} }} }} }} }}",
    f"SELECT * {{ {EVERYTHING} OPTIONAL {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }} }}",
    f"SELECT * {{ {EVERYTHING} FILTER EXISTS {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }} }}",
    f"SELECT * {{ {EVERYTHING} FILTER(?s = ?o || NOT EXISTS {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }}) }}",
    f"SELECT (EXISTS {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }} AS ?x) {{ {EVERYTHING} }}",
    f"SELECT * {{ {EVERYTHING} BIND(EXISTS {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }} AS ?x) }}",
    f"SELECT * {{ {EVERYTHING} MINUS {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }} }}",
    f"SELECT * {{ {{ {EVERYTHING} }} UNION {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }} }}",
    f"SELECT ?s {{ {EVERYTHING} }} GROUP BY ?s HAVING(EXISTS {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }})",
    f"SELECT ?s {{ {EVERYTHING} }} ORDER BY EXISTS {{ SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }} }}",
    f"CONSTRUCT {{ {EVERYTHING} }} WHERE {{ SERVICE <http://127.0.0.1/x> {{ {EVERYTHING} }} }}",
    f"ASK {{ SERVICE <http://127.0.0.1/x> {{ {EVERYTHING} }} }}",
    f"DESCRIBE ?s {{ SERVICE <http://127.0.0.1/x> {{ {EVERYTHING} }} }}",
    f"SELECT * {{ SER#\nVICE <http://127.0.0.1/x> {{ {EVERYTHING} }} }}",
    f"SELECT * {{ SeRvIcE<http://127.0.0.1/x>{{ {EVERYTHING} }} }}",
    f"PREFIX SERVICE: <http://127.0.0.1/> SELECT * {{ SERVICE SERVICE:x {{ {EVERYTHING} }} }}",
    f"SELECT * {{ GRAPH <a:g> {{ {EVERYTHING} }} }}",
    f"SELECT * {{ GRAPH <file:///etc/passwd> {{ {EVERYTHING} }} }}",
]

DISGUISED = [
    f"SELECT * {{ \\u0053ERVICE <http://127.0.0.1/x> {{ {EVERYTHING} }} }}",
    f"SELECT * \\u0046ROM <file:///etc/passwd> {{ {EVERYTHING} }}",
    f"SELECT * \\U00000046ROM <file:///etc/passwd> {{ {EVERYTHING} }}",
    # One parser ends the comment at the carriage return, the other does not.
    f"SELECT * {{ {EVERYTHING} . #\r SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }}\n }}",
    f"SELECT * {{ {EVERYTHING} . #\\u000A SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }}\n }}",
    f"SELECT * {{ {EVERYTHING} . #\\u000Aabcd:x ?y ?z . SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }}\n }}",
    f"SELECT * {{ {EVERYTHING} . #\x85 SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }}\n }}",
    f"SELECT * {{ {EVERYTHING} . #\x0c SERVICE <http://127.0.0.1/x> {{ ?a ?b ?c }}\n }}",
]

MALFORMED = [
    "",
    "   \n\t ",
    "``````",
    "```sparql\n```",
    "hello",
    "I am sorry, I cannot write a query.",
    "SELECT",
    "SELECT * { ?s ?p",
    "SELECT * { ?s ?p ?o }}",
    "SELECT ?s { ?s foo:bar ?o }",
    'SELECT * { ?s ?p "unclosed }',
    "SELECT * { <not an iri> ?p ?o }",
    "SELECT * { ?s ?p ?o } LIMIT many",
    "SELECT ?s ?s2 { ?s ?p ?o } GROUP BY ?s",
    "SELECT * \x00 { ?s ?p ?o }",
    "SELECT * \x1b[2J { ?s ?p ?o }",
    "SELECT * { ?s ?p '\ud800' }",
    "\ufeff",
    "SELECT * { " + "{ " * 400 + EVERYTHING + " }" * 401,
    "SELECT * { ?s ?p ?o FILTER(" + "(" * 2_000 + "1" + ")" * 2_000 + ") }",
    "SELECT * { ?s " + "(" * 2_000 + "<a:a>" + ")*" * 2_000 + " ?o }",
    "SELECT * { ?s ?p ?o FILTER(" + "!" * 5_000 + "?s) }",
    "SELECT * { ?s ?p " + "[ ?p " * 500 + "?o" + " ]" * 500 + " }",
    "SELECT * { ?s ?p " + "( " * 2_000 + ") " * 2_000 + "}",
    "SELECT * { ?s ?p ?o } # " + "x" * 100_000,
    "VALUES " * 20_000,
    f"SELECT * {{ VALUES ?s {{ {' '.join(f'<{BOOK}{n}>' for n in range(2_000))} }} ?s ?p ?o }}",
    '{"query": "SELECT * { ?s ?p ?o }"}',
    "'; DROP TABLE books; --",
]

ENDLESS = [
    f"SELECT * {{ {CARTESIAN} FILTER(?a0 = ?c5 && ?a1 = ?c4) }} ORDER BY ?b3",
    f"SELECT (COUNT(*) AS ?n) {{ {CARTESIAN} }}",
    f"SELECT (GROUP_CONCAT(?c0) AS ?all) {{ {CARTESIAN} }}",
]


@pytest.fixture(scope="module")
def tool(tiny: Snapshot) -> Iterator[SparqlTool]:
    with SparqlTool(tiny) as opened:
        yield opened


@pytest.fixture(autouse=True)
def store_is_unchanged(tiny: Snapshot) -> Iterator[None]:
    before = store_files(tiny)
    yield
    assert store_files(tiny) == before


def store_files(snapshot: Snapshot) -> dict[str, bytes]:
    folder = snapshot.folder / "graph" / STORE
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.slow
@pytest.mark.parametrize("text", [*UPDATES, *OTHER_SOURCES, *DISGUISED, *MALFORMED])
def test_what_is_no_local_read_only_query_is_refused(tool: SparqlTool, text: str) -> None:
    with pytest.raises(QueryRefusedError) as refusal:
        tool.query(text)
    assert 20 < len(str(refusal.value)) < 600


@pytest.mark.slow
@pytest.mark.parametrize("text", ENDLESS)
def test_a_query_that_takes_too_long_is_ended_and_the_next_one_works(tool: SparqlTool, text: str) -> None:
    began = time.monotonic()
    with pytest.raises(QueryTimeoutError, match=r"longer than 0\.2 s"):
        tool.query(text, timeout=0.2)
    assert time.monotonic() - began < 10
    assert tool.query(WRITTEN).size == 2


@pytest.mark.slow
def test_updates_are_told_apart_from_what_cannot_be_read(tool: SparqlTool) -> None:
    with pytest.raises(QueryRefusedError, match="read-only"):
        tool.query("DROP ALL")
    with pytest.raises(QueryRefusedError, match="line 2, column 3"):
        tool.query("SELECT * {\n  ?s ?p }")


def test_an_unknown_prefix_lists_the_known_ones(tool: SparqlTool) -> None:
    with pytest.raises(QueryRefusedError, match=r"'foo' is not declared.*rdf, rdfs, skos"):
        tool.query("SELECT ?s { ?s foo:bar ?o }")


def test_select_gives_rows_labels_and_the_triples_behind_them(tool: SparqlTool) -> None:
    found = tool.query(WRITTEN + " ORDER BY ?book")
    assert found.text == "2 rows: book\nThe Castle\nThe Trial"
    assert found.triples == tuple(
        Triple(Iri(BOOK + book), Iri(VOCAB + "author"), PERSON + "kafka") for book in ("castle", "trial")
    )


def test_triples_are_those_that_the_graph_states(tool: SparqlTool) -> None:
    found = tool.query(f"CONSTRUCT {{ ?s <a:made> ?o ; <{VOCAB}author> ?o }} WHERE {{ ?s <{VOCAB}author> ?o }}")
    assert found.size == 16
    assert {triple.predicate for triple in found.triples} == {VOCAB + "author"}


def test_ask_says_yes_or_no(tool: SparqlTool) -> None:
    assert tool.query(f"ASK {{ <{BOOK}emma> <{VOCAB}year> 1815 }}").text == "yes"
    assert tool.query(f"ASK {{ <{BOOK}emma> <{VOCAB}year> 1816 }}").text == "no"


def test_describe_gives_the_triples_of_an_entity(tool: SparqlTool) -> None:
    found = tool.query(f"DESCRIBE <{BOOK}trial>")
    assert {triple.subject for triple in found.triples} == {BOOK + "trial"}
    assert found.size == 7


@pytest.mark.parametrize(
    "text",
    [
        f"```sparql\n{WRITTEN}\n```",
        f"```\n{WRITTEN}```",
        f"```SPARQL\n{WRITTEN}",
        f"`{WRITTEN}`",
        f"Sure! Here is the query:\n\n```sparql\n{WRITTEN}\n```\nIt lists {{books}}.",
        f"The query is:\n{WRITTEN}\nLIMIT 10\n\nThis finds the books.",
        f"{WRITTEN}\n\nThis query finds the books.",
        f"# a comment first\n{WRITTEN}",
        f"\ufeff\n{WRITTEN}",
        WRITTEN.replace(" WHERE ", "\r\nWHERE\r\n"),
        WRITTEN.lower(),
        f"PREFIX v: <{VOCAB}>\nSELECT ?book WHERE {{ ?book v:author/rdfs:label 'Franz Kafka'@en }}",
        f"BASE <{VOCAB}>\nSELECT ?book {{ ?book <author> <{PERSON}kafka> }}",
    ],
)
def test_a_query_is_found_in_fences_and_prose(tool: SparqlTool, text: str) -> None:
    assert tool.query(text).size == 2


@pytest.mark.parametrize(
    "text",
    [
        'ASK { BIND("SERVICE <http://127.0.0.1/x> { }" AS ?x) FILTER(CONTAINS(?x, "SERVICE")) }',
        'ASK { BIND("INSERT DATA { } ; DROP ALL" AS ?x) }',
        "ASK { BIND('''FROM <file:///etc/passwd>''' AS ?x) }",
        "ASK { # SERVICE <http://127.0.0.1/x> { ?a ?b ?c }\n }",
        "ASK { ?from a <http://shop.example/vocab/Person> }",
        "SELECT (COUNT(*) AS ?service) { ?s ?p ?o }",
        "PREFIX load: <http://shop.example/vocab/> ASK { ?s load:author ?o }",
        "ASK { ?s rdfs:label 'The Trial'@en }",
        "ASK { ?s rdfs:label '审判'@zh }",
        "SELECT ?g { OPTIONAL { GRAPH ?g { ?s ?p ?o } } }",
    ],
)
def test_words_that_only_look_hostile_are_allowed(tool: SparqlTool, text: str) -> None:
    assert tool.query(text).holds


def test_rows_beyond_the_limit_are_cut_and_marked(tool: SparqlTool) -> None:
    found = tool.query("SELECT * { ?s ?p ?o }", limit=3)
    assert (found.size, found.truncated) == (3, True)
    assert found.text.startswith("3 or more rows: ")
    assert not tool.query(WRITTEN, limit=2).truncated


def test_an_unbound_variable_is_no_value(tool: SparqlTool) -> None:
    found = tool.query(f"SELECT ?house {{ <{BOOK}trial> a ?x OPTIONAL {{ <{BOOK}trial> <{VOCAB}publisher> ?house }} }}")
    assert found.rows[0] == (None,)


def test_limits_out_of_range_are_refused(tool: SparqlTool) -> None:
    for limit, timeout in ((0, 1.0), (1_001, 1.0), (1, 0.0), (1, float("nan")), (1, 61.0)):
        with pytest.raises(ToolError, match=r"must be"):
            tool.query(WRITTEN, limit=limit, timeout=timeout)


def test_a_query_of_the_greatest_length_runs(tool: SparqlTool) -> None:
    text = WRITTEN + " #"
    assert tool.query(text + "x" * (MAX_CHARS - len(text))).size == 2


def test_threads_share_the_tool(tool: SparqlTool) -> None:
    queries = [WRITTEN, "DROP ALL", WRITTEN, "ASK { ?s ?p ?o }"] * 6
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: outcome(tool, text), queries)) == ["2", "refused", "2", "0"] * 6


def outcome(tool: SparqlTool, text: str) -> str:
    try:
        return str(tool.query(text).size)
    except QueryRefusedError:
        return "refused"


@pytest.mark.slow
def test_no_worker_is_left_after_close(tiny: Snapshot) -> None:
    tool = SparqlTool(tiny)
    tool.query(WRITTEN)
    worker = tool.worker_pid
    assert worker is not None
    assert psutil.pid_exists(worker)
    tool.close()
    assert not psutil.pid_exists(worker)
    assert tool.worker_pid is None
    tool.close()


@pytest.mark.slow
def test_a_worker_that_was_killed_is_replaced(tool: SparqlTool) -> None:
    tool.query(WRITTEN)
    assert tool.worker_pid is not None
    os.kill(tool.worker_pid, signal.SIGKILL)
    psutil.Process(tool.worker_pid).wait(5) if psutil.pid_exists(tool.worker_pid) else None
    assert tool.query(WRITTEN).size == 2


@pytest.mark.slow
def test_an_interrupt_leaves_no_answer_for_the_next_query(tiny: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    with SparqlTool(tiny) as tool:
        tool.query(WRITTEN)
        with monkeypatch.context() as patch:
            patch.setattr("tools.sparql_process._ask", interrupt)
            with pytest.raises(KeyboardInterrupt):
                tool.query("SELECT * { ?s ?p ?o }")
        assert tool.worker_pid is None
        assert tool.query(WRITTEN).size == 2


def interrupt(*_: object) -> str:
    raise KeyboardInterrupt


@pytest.mark.slow
def test_the_worker_ends_with_its_parent(tiny: Snapshot) -> None:
    store = tiny.folder / "graph" / STORE
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom tools.sparql_process import QueryProcess\n"
        "process = QueryProcess(Path(sys.argv[1]))\n"
        "process.run({'query': 'ASK {}', 'limit': 1, 'timeout': 5})\n"
        "print(process.pid, flush=True)\nos._exit(1)"
    )
    parent = subprocess.run(
        [sys.executable, "-c", code, str(store)], capture_output=True, text=True, cwd=root(), check=False
    )
    worker = int(parent.stdout)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(worker) and psutil.Process(worker).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_the_worker_cannot_connect_even_past_the_guard(tiny: Snapshot) -> None:
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        do_GET = do_POST  # noqa: N815

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    code = (
        "import sys\nfrom pathlib import Path\nfrom kg.store import GraphStore\nfrom tools import sparql_worker\n"
        "store = GraphStore(Path(sys.argv[1]), read_only=True)\n"
        "query = 'SELECT * { SERVICE <http://127.0.0.1:%s/> { ?s ?p ?o } }' % sys.argv[2]\n"
        "if sys.argv[3] == 'confined': sparql_worker._confine()\n"
        "list(store.engine.query(query))"
    )
    for mode in ("confined", "free"):
        arguments = [sys.executable, "-c", code, str(tiny.folder / "graph" / STORE), str(server.server_port), mode]
        ended = subprocess.run(arguments, capture_output=True, text=True, cwd=root(), check=False, timeout=30)
        assert ended.returncode == 1
        assert bool(asked) == (mode == "free")
    server.shutdown()


def root() -> Path:
    return Path(__file__).parents[2]
