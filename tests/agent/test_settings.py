"""Settings: argument before environment before file before default, and nothing that is not a setting."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from agent import settings as module
from agent.errors import SettingsError
from agent.settings import DEFAULT_MODEL, load_settings


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file of each test, which is not there yet."""
    path = tmp_path / "config.toml"
    monkeypatch.setattr(module, "CONFIG_FILE", path)
    return path


def test_without_anything_the_defaults_count() -> None:
    settings = load_settings()
    assert (settings.model, settings.base_url, settings.max_steps, settings.seed) == (DEFAULT_MODEL, None, 6, 0)


def test_the_file_counts_before_the_default(config: Path) -> None:
    config.write_text('model = "filed"\nmax_steps = 3\n', "utf-8")
    assert (load_settings().model, load_settings().max_steps) == ("filed", 3)
    assert load_settings().seed == 0


def test_the_environment_counts_before_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('model = "filed"\nmax_steps = 3\n', "utf-8")
    monkeypatch.setenv("THENCE_MODEL", "exported")
    assert (load_settings().model, load_settings().max_steps) == ("exported", 3)


def test_an_argument_counts_before_the_environment(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('model = "filed"\n', "utf-8")
    monkeypatch.setenv("THENCE_MODEL", "exported")
    assert load_settings(model="given").model == "given"


def test_an_argument_of_none_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_MODEL", "exported")
    assert load_settings(model=None, seed=None).model == "exported"


def test_words_of_the_environment_become_numbers_and_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("THENCE_MAX_SECONDS", "2.5")
    monkeypatch.setenv("THENCE_HOME", str(tmp_path))
    assert (load_settings().max_seconds, load_settings().home) == (2.5, tmp_path)


def test_an_environment_without_the_prefix_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL", "someone else's")
    assert load_settings().model == DEFAULT_MODEL


def test_an_unknown_argument_is_told() -> None:
    with pytest.raises(
        SettingsError, match=r"setting `modle` \(THENCE_MODLE\) got 'x': Extra inputs are not permitted"
    ):
        load_settings(modle="x")


def test_an_unknown_key_of_the_file_is_told(config: Path) -> None:
    config.write_text('modle = "x"\n', "utf-8")
    with pytest.raises(SettingsError, match="setting `modle`"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("max_steps", "many", "valid integer"),
        ("max_steps", "0", "greater than or equal to 1"),
        ("max_model_len", "100", "greater than or equal to 512"),
        ("request_timeout", "0", "greater than 0"),
        ("device", "tpu", "'auto', 'cpu' or 'cuda'"),
    ],
)
def test_a_value_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(f"THENCE_{name.upper()}", value)
    with pytest.raises(SettingsError, match=f"setting `{name}` .*got '{value}': .*{told}"):
        load_settings()


def test_every_wrong_value_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match=r"`device`.*; .*`max_steps`"):
        load_settings(max_steps=0, device="tpu")


@pytest.mark.parametrize("content", [b"model = ", b"model = 'a'\nmodel = 'b'", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_told(config: Path, content: bytes) -> None:
    config.write_bytes(content)
    with pytest.raises(SettingsError, match=r"config\.toml is not valid TOML: .*Mend or remove it"):
        load_settings()


def test_settings_do_not_change() -> None:
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.seed = 1
