"""Requests to an endpoint: what is tried again, what is told, and to whom a password goes."""

import time
from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from kg.errors import EndpointError, EndpointTimeoutError
from kg.remote import EndpointAccess, RemoteStore, SparqlClient
from tests.endpoint import RESULTS, Endpoint, Reply
from tests.virtuoso import free_port

QUICK = {"backoff": 0.001, "retries": 2}
NO_ROWS = b'{"head": {"vars": []}, "results": {"bindings": []}}'


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


def client(endpoint: Endpoint, **access: float | str) -> SparqlClient:
    return SparqlClient(endpoint.url, access=EndpointAccess(**{**QUICK, **access}))  # type: ignore[arg-type]


def status(code: int, words: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
    return code, {"Content-Type": "text/plain", **(headers or {})}, words


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_trouble_that_passes_is_waited_for(endpoint: Endpoint, code: int) -> None:
    endpoint.faults = [lambda: status(code)] * 2
    assert client(endpoint).ask("ASK {}") is True
    assert len(endpoint.queries) == 3


def test_trouble_that_stays_is_told_with_the_words_of_the_endpoint(endpoint: Endpoint) -> None:
    endpoint.faults = [lambda: status(503, b"<html><style>x</style><b>Down for\nrepair</b></html>")] * 9
    with pytest.raises(EndpointError, match="answered 503: Down for repair"):
        client(endpoint).ask("ASK {}")
    assert len(endpoint.queries) == 3


def test_a_query_that_is_wrong_is_not_sent_again(endpoint: Endpoint) -> None:
    with pytest.raises(EndpointError, match="answered 400"):
        client(endpoint).ask("ASK {")
    assert len(endpoint.queries) == 1


def test_an_endpoint_that_asks_for_a_long_wait_is_not_waited_for(endpoint: Endpoint) -> None:
    endpoint.faults = [lambda: status(503, headers={"Retry-After": "3600"})] * 9
    with pytest.raises(EndpointError, match="answered 503"):
        client(endpoint).ask("ASK {}")
    assert len(endpoint.queries) == 1


def test_nobody_there_is_told_with_the_address() -> None:
    url = f"http://127.0.0.1:{free_port()}/sparql"
    with pytest.raises(EndpointError, match=f"cannot reach the SPARQL endpoint {url}.*Is it running"):
        SparqlClient(url, access=EndpointAccess(retries=1, backoff=0.001)).ask("ASK {}")


@pytest.mark.parametrize("url", ["", "endpoint", "ftp://a.example/sparql", "http://", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(EndpointError, match=r"expected the http\(s\) address"):
        SparqlClient(url)


def test_a_web_page_is_no_endpoint(endpoint: Endpoint) -> None:
    endpoint.faults = [lambda: (200, {"Content-Type": "text/html; charset=utf-8"}, b"<h1>Query form</h1>")]
    with pytest.raises(EndpointError, match=r"is no SPARQL endpoint: it answered with text/html.*Query form"):
        client(endpoint).ask("ASK {}")


@pytest.mark.parametrize("body", [b'{"head": {}', b"[]", b"{}", b'{"boolean": "yes"}', b'{"results": []}', b"null"])
def test_what_is_no_result_is_told(endpoint: Endpoint, body: bytes) -> None:
    endpoint.faults = [lambda: (200, RESULTS, body)] * 2
    with pytest.raises(EndpointError, match=r"broke off|no SPARQL result"):
        client(endpoint).ask("ASK {}")
    with pytest.raises(EndpointError, match=r"broke off|no SPARQL result"):
        client(endpoint).select("SELECT * {}")


def test_cells_that_are_no_terms_are_told(endpoint: Endpoint) -> None:
    cells = b'{"results": {"bindings": [{"o": "plain", "p": {"type": "uri"}, "key": {"value": "x"}}]}}'
    endpoint.faults = [lambda: (200, RESULTS, cells)]
    with (
        RemoteStore(endpoint.url) as store,
        pytest.raises(EndpointError, match="cells that are no SPARQL terms"),
    ):
        list(store.triples(subject="http://a.example/s"))


def test_a_slow_endpoint_is_given_up(endpoint: Endpoint) -> None:
    def slow() -> Reply:
        time.sleep(0.5)
        return 200, RESULTS, NO_ROWS

    endpoint.faults = [slow]
    with pytest.raises(EndpointTimeoutError, match=r"took longer than 0\.1 s"):
        client(endpoint, timeout=0.1).select("SELECT * {}")
    assert len(endpoint.queries) == 1


def test_an_answer_that_the_endpoint_broke_off_is_no_answer(endpoint: Endpoint) -> None:
    endpoint.faults = [lambda: (200, {**RESULTS, "X-SQL-State": "S1TAT"}, NO_ROWS)]
    with pytest.raises(EndpointTimeoutError, match="broke a query off"):
        client(endpoint).select("SELECT * {}")


def test_a_connection_that_breaks_off_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.faults = [lambda: (200, {**RESULTS, "Content-Length": "4000", "Connection": "close"}, b"{")]
    assert client(endpoint).ask("ASK {}") is True


def test_another_address_is_named(endpoint: Endpoint) -> None:
    endpoint.faults = [lambda: status(308, headers={"Location": "https://a.example/sparql"})]
    with pytest.raises(EndpointError, match=r"has moved to https://a\.example/sparql"):
        client(endpoint).ask("ASK {}")


@pytest.mark.parametrize("access", [{}, {"user": "ann", "password": "wrong"}, {"token": "t"}])
def test_who_may_not_ask_learns_what_to_set(endpoint: Endpoint, access: dict[str, str]) -> None:
    endpoint.authorization = "Basic YW5uOnNlY3JldA=="
    with pytest.raises(EndpointError, match=rf"refuses access \(401\).*{endpoint.host}.*THENCE_SPARQL_USER"):
        client(endpoint, host=endpoint.host, **access).ask("ASK {}")


@pytest.mark.parametrize(
    ("access", "header"),
    [
        ({"user": "ann", "password": "secret"}, "Basic YW5uOnNlY3JldA=="),
        ({"token": "t0", "user": "ann", "password": "secret"}, "Bearer t0"),
    ],
)
def test_who_may_ask_is_answered(endpoint: Endpoint, access: dict[str, str], header: str) -> None:
    endpoint.authorization = header
    asked = client(endpoint, host=endpoint.host, **access)
    assert [asked.ask("ASK {}") for _ in range(2)] == [True, True]


def test_a_password_goes_to_its_host_alone(endpoint: Endpoint) -> None:
    endpoint.authorization = "Bearer t0"
    with pytest.raises(EndpointError, match="refuses access"):
        client(endpoint, host="other.example", token="t0").ask("ASK {}")


def test_no_secret_shows() -> None:
    assert "s3cret" not in repr(EndpointAccess("h", "ann", "s3cret", "s3cret"))


def test_an_endpoint_that_cuts_answers_without_a_word_is_found_out(endpoint: Endpoint) -> None:
    node = ox.NamedNode
    endpoint.store.extend(
        ox.Quad(node(f"http://a.example/{at}"), node("http://a.example/p"), node("http://a.example/o"))
        for at in range(9)
    )
    endpoint.cap = 4
    with (
        RemoteStore(endpoint.url, access=EndpointAccess(page=6)) as store,
        pytest.raises(EndpointError, match=r"counts 9 triples and gave 4.*THENCE_SPARQL_PAGE"),
    ):
        list(store.statements())


def test_an_endpoint_that_orders_and_compares_differently_is_found_out(endpoint: Endpoint) -> None:
    rows = b",".join(
        b'{"s": {"type": "uri", "value": "http://a.example/%s"}, "key": {"value": "http://a.example/%s"}}' % (one, one)
        for one in (b"a", b"b", b"c")
    )
    endpoint.faults = [lambda: (200, RESULTS, b'{"results": {"bindings": [%s]}}' % rows)] * 5
    with (
        RemoteStore(endpoint.url, access=EndpointAccess(page=3)) as store,
        pytest.raises(EndpointError, match=r"does not compare 'http://a\.example/c' as it orders it"),
    ):
        list(store.triples(predicate="http://a.example/p", obj="http://a.example/o"))
