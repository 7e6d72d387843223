"""Requests to a SPARQL 1.1 endpoint: one query, one answer in JSON, within a time, tried again where that helps."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from kg.errors import EndpointError, EndpointTimeoutError
from kg.remote.access import EndpointAccess

RESULTS = "application/sparql-results+json"
MAX_BYTES = 512 << 20
"""Bytes of one answer; a page of results is far smaller."""

MAX_WAIT = 30.0
"""Seconds before a retry; an endpoint that asks for longer is not waited for."""

_NO_IRI = re.compile(r'[\x00-\x20<>"{}|\\^`]')

_PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses of trouble that may pass. Virtuoso says 500 for a deadlock, and for queries that will never work."""

_PARTIAL = "S1TAT"
"""What Virtuoso calls an answer that it broke off, as its own time was up."""

Binding = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to a SELECT query.

    Attributes:
        bindings: Cells by variable, one mapping a row.
        cap: The most rows that the endpoint gives at once, where it says that it cut the answer there.
    """

    bindings: list[Binding]
    cap: int | None


class SparqlClient:
    """Asks one endpoint; safe for use from many threads. Use as a context manager, or call `close`.

    Args:
        url: Address of the endpoint.
        graph: IRI of the graph that is asked; None: whatever the endpoint takes for its default graph.
        access: Limits and credentials.

    Raises:
        EndpointError: The address is none, or the graph no IRI.
    """

    def __init__(self, url: str, graph: str | None = None, access: EndpointAccess = EndpointAccess()) -> None:  # noqa: B008 - frozen
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise EndpointError(f"expected the http(s) address of a SPARQL endpoint, got {url[:200]!r}.")
        if graph is not None and _NO_IRI.search(graph):  # it would go on as a piece of the query
            raise EndpointError(f"expected the IRI of a graph of the endpoint, got {graph[:200]!r}.")
        self.url, self.graph, self.access = url, graph, access
        self._client = httpx.Client(auth=access.auth_for(url), timeout=access.timeout)

    def close(self) -> None:
        self._client.close()

    def select(self, query: str) -> Rows:
        """Return the rows of a SELECT query.

        Raises:
            EndpointTimeoutError: It took longer than `access.timeout`.
            EndpointError: The endpoint cannot be reached, refuses, or answers with what is no SPARQL result.
        """
        answer, headers = self._ask(query)
        try:
            bindings = answer["results"]["bindings"]
        except (KeyError, TypeError) as error:
            raise self._no_result(answer) from error
        cap = headers.get("X-SPARQL-MaxRows", "")
        return Rows(bindings, int(cap) if cap.isdigit() else None)

    def ask(self, query: str) -> bool:
        """Return the answer to an ASK query; errors as for `select`."""
        answer, _ = self._ask(query)
        if not isinstance(answer, dict) or not isinstance(answer.get("boolean"), bool):
            raise self._no_result(answer)
        told: bool = answer["boolean"]
        return told

    def _ask(self, query: str) -> tuple[Any, httpx.Headers]:
        """Send a query until it is answered or further tries make no sense."""
        wait = self.access.backoff
        for left in range(self.access.retries, -1, -1):
            try:
                response, body = self._send(query)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.RemoteProtocolError, httpx.ReadError) as error:
                if not left:
                    raise EndpointError(
                        f"cannot reach the SPARQL endpoint {self.url}: {error or type(error).__name__}. "
                        "Is it running, and is the address right?"
                    ) from error
            except httpx.TimeoutException as error:
                raise self._too_slow() from error
            else:
                asked_wait = _asked_wait(response)
                if response.status_code not in _PASSING or not left or asked_wait > MAX_WAIT:
                    return self._read(response, body), response.headers
                wait = max(wait, asked_wait)
            time.sleep(wait)
            wait = min(2 * wait, MAX_WAIT)
        raise AssertionError("the last try returns or raises")

    def _send(self, query: str) -> tuple[httpx.Response, bytes]:
        deadline = time.monotonic() + self.access.timeout
        form = {"query": query} | ({"default-graph-uri": self.graph} if self.graph else {})
        body = bytearray()
        with self._client.stream("POST", self.url, data=form, headers={"Accept": RESULTS}) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise EndpointError(
                        f"{self.url} answered with more than {MAX_BYTES >> 20} MiB; ask for less at once."
                    )
                if time.monotonic() > deadline:  # httpx limits the wait for each chunk alone
                    raise self._too_slow()
        return response, bytes(body)

    def _read(self, response: httpx.Response, body: bytes) -> Any:
        status = response.status_code
        if status in (401, 403):
            raise EndpointError(
                f"the SPARQL endpoint {self.url} refuses access ({status}): set THENCE_SPARQL_HOST to its host "
                f"({urlsplit(self.url).netloc.rpartition('@')[2]}), and THENCE_SPARQL_USER and THENCE_SPARQL_PASSWORD, "
                "or THENCE_SPARQL_TOKEN, to what it wants."
            )
        if response.is_redirect:
            raise EndpointError(f"{self.url} has moved to {response.headers.get('Location', '?')}; use that address.")
        if not response.is_success:
            raise EndpointError(f"the SPARQL endpoint {self.url} answered {status}: {_words(body)}")
        if _PARTIAL in response.headers.get("X-SQL-State", ""):
            raise EndpointTimeoutError(
                f"the SPARQL endpoint {self.url} broke a query off when its own time was up; ask for less at once."
            )
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        try:
            return json.loads(body)
        except ValueError as error:
            if kind in (RESULTS, "application/json"):
                raise EndpointError(f"the answer of {self.url} broke off: {error}. Ask again.") from error
            raise EndpointError(
                f"{self.url} is no SPARQL endpoint: it answered with {kind or 'something'}, not {RESULTS}: "
                f"{_words(body)}"
            ) from error

    def _too_slow(self) -> EndpointTimeoutError:
        return EndpointTimeoutError(
            f"the SPARQL endpoint {self.url} took longer than {self.access.timeout:g} s (THENCE_SPARQL_TIMEOUT)."
        )

    def _no_result(self, answer: object) -> EndpointError:
        return EndpointError(f"{self.url} answered with JSON that is no SPARQL result: {str(answer)[:100]}")


def _asked_wait(response: httpx.Response) -> float:
    """Return the seconds that a busy endpoint asks to be left alone."""
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdigit() else 0.0


def _words(body: bytes) -> str:
    """Return the beginning of an answer as plain words."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", body[:4_000].decode("utf-8", "replace"), flags=re.S | re.I)
    return " ".join(text.split())[:200] or "no words"
