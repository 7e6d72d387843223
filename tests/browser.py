"""A real browser without a window, driven by the DevTools protocol, for the tests of pages."""

import json
import os
import shutil
import signal
import subprocess
import time
from itertools import count
from pathlib import Path
from typing import Any, Self

import httpx
from websockets.sync.client import ClientConnection, connect

PACKAGE = "chromium-headless-shell"
PROGRAMS = (PACKAGE, "chromium")
STARTING = 60.0


def program() -> str | None:
    """Return the browser of this machine; None where it has none."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """Chromium with one page; use as a context manager.

    Args:
        folder: An empty folder for its profile.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self.told: list[str] = []
        """What pages complained of: errors of scripts, and what their policy forbade."""

    def __enter__(self) -> Self:
        switches = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-proxy-server")
        self._process = subprocess.Popen(
            [str(program()), *switches, f"--user-data-dir={self._folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Debian's program is a shell around the browser; both end as one group
        )
        try:
            self._page = self._connected()
            for domain in ("Page", "Log", "Runtime"):
                self._call(f"{domain}.enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(10)

    def open(self, file: Path, width: int, *, dark: bool = False) -> None:
        """Load a file in a window of some width."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self._call("Emulation.setEmulatedMedia", features=features)
        self._call("Page.navigate", url=file.resolve().as_uri())
        while self.run("document.readyState") != "complete" or self.run("location.protocol") != "file:":
            time.sleep(0.02)

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        found = self._call("Runtime.evaluate", expression=script, returnByValue=True)["result"]
        return found.get("value")

    def _connected(self) -> ClientConnection:
        noted, end = self._folder / "DevToolsActivePort", time.monotonic() + STARTING
        while not (noted.is_file() and noted.read_text().count("\n")):
            assert self._process.poll() is None, "the browser ended"
            assert time.monotonic() < end, "the browser does not start"
            time.sleep(0.05)
        port = noted.read_text().split("\n")[0]
        pages = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
        address = next(one["webSocketDebuggerUrl"] for one in pages if one["type"] == "page")
        return connect(address, max_size=None, proxy=None)

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        self._page.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._page.recv(timeout=STARTING))
            if told.get("id") == number:
                assert "error" not in told, told["error"]
                result: dict[str, Any] = told["result"]
                return result
            if told.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.told.append(json.dumps(told["params"]))
