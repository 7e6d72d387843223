"""Ask a server on this machine for one page, past any proxy."""

import http.client
import urllib.request

# urllib and not httpx: a poll every half second must not set up certificates each time.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# A busy server on few cores answers late.
PATIENCE = 5.0


def fetch(url: str) -> str | None:
    """Return the page, or None if there is no answer or not a good one."""
    try:
        with _DIRECT.open(url, timeout=PATIENCE) as answer:
            return str(answer.read().decode())
    except (OSError, http.client.HTTPException):
        # A server that is ended in the middle of an answer breaks off: that is no error of the connection to urllib.
        return None


def is_healthy(root: str) -> bool:
    return fetch(f"{root}/health") is not None
