"""The command line and the environment under which vLLM serves a model, on a GPU or on a CPU."""

import importlib.util
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import psutil

from agent.errors import ServerStartError
from agent.model.adapters import CONFIG
from agent.model.precision import precision_on
from agent.model.weights import Weights
from agent.settings import Settings

# Up to here the engine does the work itself. Beyond, it gets a worker process that vLLM binds to a core each thread but
# one: that suits a server, but takes a laptop half its speed and 7 s more to start.
FEW_CORES = 8

SPINS = "30000"
"""Turns that a thread waits before it sleeps. On two cores a question took 3.2 s with none, 1.7 with so many, and no
less with ten times as many."""


@dataclass(frozen=True)
class Command:
    """How to start a server process.

    Attributes:
        argv: Program and arguments.
        env: Variables on top of this process's environment.
        device: `cpu` or `cuda`.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    device: str


def vllm_command(settings: Settings, weights: Weights, port: int) -> Command:
    """Return the command that serves `weights` with vLLM on 127.0.0.1.

    Raises:
        ServerStartError: vLLM is not installed, or a GPU was asked for and there is none.
    """
    if not _has_vllm():
        raise ServerStartError(
            "vLLM is not installed. Run: pip install 'thence[cpu]' (with an NVIDIA GPU: 'thence[gpu]')."
        )
    arguments, env = _arguments(settings, weights, port), _environment(settings, weights)
    if device_of(settings) == "cuda":
        return Command((*arguments, "--dtype", precision_on("cuda")), env, "cuda")
    # Compiling makes every start three times longer, even with its cache warm.
    arguments += ["--dtype", precision_on("cpu"), "--enforce-eager"]
    # Prompts are kept by whole blocks; vLLM's own 128 tokens are longer than what most of ours share.
    arguments += ["--block-size", "32"]
    env["VLLM_CPU_KVCACHE_SPACE"] = str(settings.kv_cache_gib)
    cores = _cores()
    if cores <= FEW_CORES:
        arguments += ["--distributed-executor-backend", "uni"]
        env |= _single_process(cores)
    return Command(tuple(arguments), env, "cpu")


def _arguments(settings: Settings, weights: Weights, port: int) -> list[str]:
    options = {
        "--model": weights.location,
        "--served-model-name": weights.name,
        "--host": "127.0.0.1",
        "--port": str(port),
        "--max-model-len": str(settings.max_model_len),
        "--max-num-seqs": str(settings.max_num_seqs),
        "--seed": str(settings.seed),
        # Legal JSON may hold white space without end, and small models use it.
        "--structured-outputs-config": json.dumps({"backend": "xgrammar", "disable_any_whitespace": True}),
    }
    # The console command `vllm` fails in the CPU build, which is not named `vllm`; the module works in both.
    start = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    if weights.adapter is not None:  # served under the model's name; the weights without it keep another
        options["--served-model-name"] = f"{weights.name}-untuned"
        options["--lora-modules"] = f"{weights.name}={weights.adapter}"
        options["--max-lora-rank"] = str(_rank(weights.adapter))
    switches = ["--enable-lora"] if weights.adapter is not None else []
    switches += ["--enable-prefix-caching", "--disable-uvicorn-access-log"]
    return [*start, *(part for option in options.items() for part in option), *switches]


def _rank(adapter: Path) -> int:
    return int(json.loads((adapter / CONFIG).read_text("utf-8"))["r"])


def _environment(settings: Settings, weights: Weights) -> dict[str, str]:
    return {
        "HF_HUB_OFFLINE": "0" if weights.on_hub else "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CACHE_ROOT": str(settings.cache / "vllm"),
        "VLLM_LOG_STATS_INTERVAL": "60",
    }


def _single_process(cores: int) -> dict[str, str]:
    return {
        # vLLM takes the executor `uni` on a CPU only with this off; the engine is a process of its own all the same.
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "OMP_NUM_THREADS": str(cores),
        # Threads that wait by spinning take the cores from the command line, and from each other; those that never spin
        # are woken hundreds of times a token, which takes half of its time. GNU's OpenMP counts the turns of the spin.
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": SPINS,
    }


def _cores() -> int:
    """Return the physical cores that this process may use."""
    allowed = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else psutil.cpu_count()
    return max(1, min(allowed or 1, psutil.cpu_count(logical=False) or 1))


def device_of(settings: Settings) -> str:
    """Return where the server runs: `cpu` or `cuda`."""
    if settings.device == "cpu":
        return "cpu"
    usable = _is_installed("vllm") and _has_gpu()
    if settings.device == "cuda" and not usable:
        raise ServerStartError(
            "device `cuda` needs an NVIDIA GPU that torch sees, and the package vllm (pip install 'thence[gpu]'). "
            "Otherwise leave --device out."
        )
    return "cuda" if usable else "cpu"


def _has_vllm() -> bool:
    return importlib.util.find_spec("vllm") is not None


def _has_gpu() -> bool:
    # Imported here: torch takes seconds to load, and only an environment with the GPU build of vLLM gets this far.
    import torch  # noqa: PLC0415

    return torch.cuda.is_available()


def _is_installed(package: str) -> bool:
    """Say whether a distribution of that name is there; `vllm-cpu` brings a module `vllm`, too."""
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
