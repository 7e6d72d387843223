"""The way to the model: starts its server in the background, waits for it once, and notices when it is gone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager

from agent.errors import ModelError, ModelUnreachableError
from agent.model import ModelClient
from agent.server import ServerAddress, ensure, open_client, stop
from agent.settings import Settings

Ensure = Callable[[Settings, Callable[[str], None]], ServerAddress]


class ModelGate:
    """The way to the model.

    The first request waits until the server is up. When the server is lost later, requests fail at once, so that they
    can be answered without it, while it is started again in the background.

    Args:
        ensure_server: Returns a running server; blocks.
    """

    def __init__(self, settings: Settings, progress: Callable[[str], None], ensure_server: Ensure = ensure) -> None:
        self._settings = settings
        self._progress = progress
        self._ensure = ensure_server
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="model-server")
        self._starting: Future[ServerAddress] | None = None
        self._patient = True

    def begin(self) -> None:
        """Start the server in the background, if that is not under way."""
        if self._starting is None:
            self._starting = self._threads.submit(self._ensure, self._settings, self._progress)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[ModelClient]:
        """Yield a client for the duration of one call.

        Raises:
            ModelError: There is no server; the message says why.
        """
        self.begin()
        starting = self._starting
        assert starting is not None
        address = await self._address(starting)
        try:
            async with open_client(address, self._settings) as client:
                yield client
        except ModelUnreachableError:
            self._lost(starting)
            raise

    def close(self) -> None:
        """Stop waiting; a server that is still coming up is stopped, one that runs goes on."""
        pending = self._starting is not None and not self._starting.done()
        self._threads.shutdown(wait=False, cancel_futures=True)
        if pending and self._settings.base_url is None:
            stop(self._settings)

    async def _address(self, starting: "Future[ServerAddress]") -> ServerAddress:
        if not self._patient and not starting.done():
            raise ModelUnreachableError("the model server is starting again")
        try:
            return await asyncio.wrap_future(starting)
        except ModelError:
            self._forget(starting)
            raise

    def _lost(self, starting: "Future[ServerAddress]") -> None:
        self._forget(starting)
        self.begin()

    def _forget(self, starting: "Future[ServerAddress]") -> None:
        """Give a start up, unless another call saw that before and began a new one: many calls may fail at once."""
        self._patient = False
        if self._starting is starting:
            self._starting = None
