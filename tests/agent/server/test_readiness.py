"""What is told while a server starts, and when it does not."""

from pathlib import Path

import pytest

from agent.server.readiness import failure, stage


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", "loading vLLM"),
        ("INFO [model.py:733] Resolved architecture: LlamaForCausalLM", "starting the engine"),
        ("Resolved architecture\nStarting to load model m...", "loading the weights"),
        ("Resolved architecture\nLoading weights took 0.5 seconds", "warming up"),
    ],
)
def test_stage_is_the_last_one_that_the_log_names(tmp_path: Path, said: str, expected: str) -> None:
    log = tmp_path / "server.log"
    log.write_text(said)
    assert stage(log) == expected


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("ModuleNotFoundError: No module named 'vllm'", "pip install 'thence[cpu]'"),
        ("RuntimeError: operator torchvision::nms does not exist", "pip uninstall torchvision"),
        ("OSError: [Errno 98] Address already in use", "try again"),
        ("thence: the server ended with exit code -9", "THENCE_KV_CACHE_GIB"),
        ("User-specified max_model_len (99999) is greater than the derived max_model_len", "THENCE_MAX_MODEL_LEN"),
        ("LocalEntryNotFoundError: cannot find", "--model takes"),
        ("something else", "thence model logs"),
    ],
)
def test_failure_says_what_to_do(tmp_path: Path, said: str, remedy: str) -> None:
    log = tmp_path / "server.log"
    log.write_text(said)
    assert remedy in failure("it ended", log)


def test_failure_names_the_first_error_as_the_cause(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(
        "(EngineCore pid=7) ERROR 11-24 [core.py:1510] RuntimeError: Cannot find any model weights\n"
        "RuntimeError: Engine core initialization failed. See root cause above."
    )
    assert failure("it ended", log).startswith("it ended: RuntimeError: Cannot find any model weights. The end")


def test_failure_shows_the_last_twenty_lines(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("\n".join(f"line {number}" for number in range(100)))
    shown = failure("it ended", log).splitlines()
    assert shown[1] == "  line 80"
    assert shown[-2] == "  line 99"
