"""How endpoints are asked, and the credentials of the one that has some."""

from collections.abc import Generator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx


@dataclass(frozen=True, slots=True)
class EndpointAccess:
    """The limits of every request, and credentials that one host alone gets.

    A domain's manifest may come from somebody else and name any endpoint, so credentials are bound to a host.

    Attributes:
        host: Whom the credentials are for, as in the endpoint's address: `example.org` or `example.org:8890`.
        user, password: For basic or digest authentication, as the endpoint asks for it.
        token: A bearer token; it goes before user and password.
        timeout: Seconds that one answer may take, from the first byte sent to the last one read.
        retries: How often a request is sent again when the connection fails or the endpoint is busy.
        backoff: Seconds before the first retry; each further one waits twice as long.
        page: Rows asked for at once. Endpoints cap their answers, mostly at 10,000 rows.
    """

    host: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    timeout: float = 60.0
    retries: int = 3
    backoff: float = 0.5
    page: int = 5_000

    def auth_for(self, url: str) -> httpx.Auth | None:
        """Return what signs the requests to an endpoint; None where no credentials are meant for it."""
        if not self.host or urlsplit(url).netloc.rpartition("@")[2].casefold() != self.host.casefold():
            return None
        if self.token:
            return _Bearer(self.token)
        return _Password(self.user, self.password) if self.user else None


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class _Password(httpx.Auth):
    """Says who asks in the way that the endpoint wants, and not before it wants it."""

    def __init__(self, user: str, password: str) -> None:
        self._ways = {"digest": httpx.DigestAuth(user, password), "basic": httpx.BasicAuth(user, password)}
        self._way: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._way is None:
            response = yield request
            if response.status_code != httpx.codes.UNAUTHORIZED:
                return
            wanted = response.headers.get("WWW-Authenticate", "").casefold()
            self._way = next((way for name, way in self._ways.items() if name in wanted), None)
        if self._way is not None:
            yield from self._way.auth_flow(request)
