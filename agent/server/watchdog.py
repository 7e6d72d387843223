"""Run a server as a child, stop it when nobody has asked for long, and take its whole session along when it ends.

Run as a file, `python -P watchdog.py PORT IDLE_SECONDS GRACE_SECONDS COMMAND...`, at the head of a session of its own.
It imports the standard library alone, because it lives as long as the server does.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from types import FrameType

POLL_SECONDS = 15.0
END_SECONDS = 8.0
# What moves when somebody asks: vLLM's own counters, and the requests under way.
COUNTERS = re.compile(r"^vllm:(?:prompt_tokens_total|generation_tokens_total|num_requests_running)\b.*$", re.MULTILINE)
RUNNING = re.compile(r"^vllm:num_requests_running\b.* [1-9]\S*$", re.MULTILINE)
# No proxy stands between this machine and itself.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class StopAskedError(Exception):
    """A signal asks the server to stop."""


def main(port: int, idle: float, grace: float, command: list[str]) -> None:
    """Start `command` and return when it, and everything in this session, has ended."""
    signal.signal(signal.SIGTERM, _ask_to_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command)
    try:
        _watch(child, port, idle, grace)
    except StopAskedError:
        _say("asked to stop")
    finally:
        _end_session(child)


def _watch(child: "subprocess.Popen[bytes]", port: int, idle: float, grace: float) -> None:
    """Return when the child has ended, or nobody has asked for `idle` seconds after it came up."""
    poll = min(POLL_SECONDS, idle / 4) if idle else POLL_SECONDS
    deadline = time.monotonic() + grace + idle
    before = ""
    while not _has_ended(child, poll):
        now = _counters(port)
        if now is not None and (now != before or RUNNING.search(now)):
            before, deadline = now, time.monotonic() + idle
        if idle and time.monotonic() > deadline:
            _say(f"nobody asked for {idle / 60:g} minutes: stopping")
            return
    _say(f"the server ended with exit code {child.returncode}")


def _has_ended(child: "subprocess.Popen[bytes]", seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _counters(port: int) -> str | None:
    """Return the counters as text, or None while the server is not up."""
    try:
        with DIRECT.open(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return "\n".join(COUNTERS.findall(answer.read().decode()))
    except (OSError, http.client.HTTPException):
        return None


def _end_session(child: "subprocess.Popen[bytes]") -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    _has_ended(child, END_SECONDS)
    # This process is in the group, too: nothing of it is left, and this is the last line that runs.
    os.killpg(0, signal.SIGKILL)


def _ask_to_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopAskedError


def _say(what: str) -> None:
    sys.stdout.write(f"thence: {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
