"""`thence model` on the command line."""

import json

import pytest
from typer.testing import CliRunner

from agent import server
from agent.cli.model import app
from agent.settings import Settings
from tests.agent.model.fake_openai import serving
from tests.agent.server.conftest import fake_command, ignore


def thence_model(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture
def running(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that the command line shares, and a fake server that runs under them."""
    monkeypatch.setenv("THENCE_CACHE", str(settings.cache))
    server.ensure(settings, ignore, make_command=fake_command("obedient"))
    return settings


def test_nothing_runs_at_first() -> None:
    assert json.loads(thence_model("status", "--json"))["phase"] == "stopped"
    assert thence_model("logs") == ""
    assert thence_model("stop") == "no model server was running\n"


def test_running_server_is_shown(running: Settings) -> None:
    shown = json.loads(thence_model("status", "--json"))
    assert (shown["phase"], shown["model"], shown["device"]) == ("running", "fake-model", "cpu")
    assert "running: answers" in thence_model("status")


def test_stop_says_so(running: Settings) -> None:
    assert thence_model("stop") == "stopped\n"
    assert thence_model("logs", "-n", "1").startswith("thence: asked to stop")


def test_prepare_names_the_folder(settings: Settings) -> None:
    assert thence_model("prepare", "--model", settings.model) == f"fake-model is ready in {settings.model}\n"


def test_start_takes_another_server() -> None:
    with serving() as fake:
        said = thence_model("start", "--base-url", fake.base_url)
    assert said == f"fake answers at {fake.base_url} (JSON schemas and grammars)\n"
