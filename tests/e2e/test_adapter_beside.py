"""The adapter served beside the model, as on a GPU: by vLLM itself, here on the CPU."""

import os
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.model import prepare
from agent.recommender import Recommender
from agent.server.command import vllm_command
from agent.settings import Settings, load_settings
from tests.e2e.conftest import show
from tests.e2e.processes import wait_for

pytestmark = [pytest.mark.llm, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def beside(model_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with the weights as they are and the adapter beside them."""
    weights = prepare(model_settings, show, on_cuda=True)
    assert weights.adapter is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = vllm_command(model_settings.model_copy(update={"device": "cpu"}), weights, port)
    log: Path = tmp_path_factory.mktemp("beside") / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(command.argv, env={**os.environ, **command.env}, stdout=out, stderr=out) as process,
    ):
        try:
            wait_for(lambda: process.poll() is not None or _answers(port), seconds=300)
            assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="module")
def films(beside: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    settings = load_settings(base_url=beside, home=tmp_path_factory.mktemp("home"))
    with Recommender.load("films", settings=settings) as recommender:
        yield recommender


@pytest.mark.parametrize(
    ("question", "labels"),
    [("which films from 1982 star Harrison Ford?", {"Blade Runner"}), ("horror movies from 1979", {"Alien"})],
)
def test_it_plans_as_the_merged_one_does(films: Recommender, question: str, labels: set[str]) -> None:
    answer = films.ask(question)
    assert {one.label for one in answer.answers} == labels
    assert answer.trace[0].decided_by == "model"
    assert not answer.degraded


def test_the_model_without_it_is_served_too_and_reads_less(beside: str, tmp_path: Path) -> None:
    """A second look would mend its plans: "which person helmed" leaves it no choice but the director."""
    settings = load_settings(base_url=beside, home=tmp_path, model="smollm2-135m-instruct-untuned", second_look=False)
    by = {"Alien": "Ridley Scott", "Jaws": "Steven Spielberg", "Vertigo": "Alfred Hitchcock"}
    with Recommender.load("films", settings=settings) as recommender:
        read = [[one.label for one in recommender.ask(f"which person helmed {film}?").answers] for film in by]
    assert read != [[name] for name in by.values()]
