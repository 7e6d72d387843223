"""Which adapter is used: the domain's own, the shipped one, a given one, or none."""

from pathlib import Path

import pytest

from agent.errors import ModelNotPreparedError
from agent.model import adapters
from agent.model.adapters import (
    CONFIG,
    WEIGHTS,
    adapters_home,
    chosen_adapter,
    fingerprint,
    is_untaught,
    with_adapter,
)
from agent.settings import Settings, load_settings


def write_adapter(folder: Path, weights: bytes = b"weights", config: str = '{"r": 8}') -> Path:
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(weights)
    (folder / CONFIG).write_text(config)
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home")


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shipped adapter."""
    folder = write_adapter(tmp_path / "shipped")
    monkeypatch.setattr(adapters, "SHIPPED", folder)
    return folder


def test_the_shipped_adapter_is_for_the_default_model_alone(settings: Settings, shipped: Path) -> None:
    assert chosen_adapter(settings) == shipped
    assert chosen_adapter(settings.model_copy(update={"model": "maker/large"})) is None


def test_where_none_is_shipped_none_is_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(adapters, "SHIPPED", tmp_path / "absent")
    assert chosen_adapter(settings) is None


@pytest.mark.usefixtures("shipped")
def test_none_is_none(settings: Settings) -> None:
    write_adapter(adapters_home(settings) / "shop")
    plain = settings.model_copy(update={"adapter": "none"})
    assert with_adapter(plain, "shop") is plain
    assert chosen_adapter(plain) is None


def test_a_domain_with_an_adapter_of_its_own_uses_it(settings: Settings, shipped: Path) -> None:
    own = write_adapter(adapters_home(settings) / "shop")
    assert chosen_adapter(with_adapter(settings, "shop")) == own
    assert chosen_adapter(with_adapter(settings, "music")) == shipped


def test_a_given_adapter_goes_before_all(settings: Settings, tmp_path: Path) -> None:
    write_adapter(adapters_home(settings) / "shop")
    given = write_adapter(tmp_path / "given")
    asked = settings.model_copy(update={"adapter": str(given), "model": "maker/large"})
    assert chosen_adapter(with_adapter(asked, "shop")) == given


@pytest.mark.parametrize("missing", [WEIGHTS, CONFIG])
def test_a_given_folder_that_is_no_adapter_is_refused(settings: Settings, tmp_path: Path, missing: str) -> None:
    folder = write_adapter(tmp_path / "broken")
    (folder / missing).unlink()
    with pytest.raises(ModelNotPreparedError, match=f"broken is no adapter folder: it has no {missing}.*thence tune"):
        chosen_adapter(settings.model_copy(update={"adapter": str(folder)}))


def test_a_fingerprint_changes_with_the_weights_and_with_the_configuration(tmp_path: Path) -> None:
    one = write_adapter(tmp_path / "one")
    assert fingerprint(write_adapter(tmp_path / "copy")) == fingerprint(one)
    assert fingerprint(write_adapter(tmp_path / "weights", weights=b"others")) != fingerprint(one)
    assert fingerprint(write_adapter(tmp_path / "config", config='{"r": 16}')) != fingerprint(one)
    assert len(fingerprint(one)) == 12


FILMS, MUSIC = ("director", "genre", "producer"), ("genre", "member", "record_label")


@pytest.mark.usefixtures("shipped")
class TestUntaught:
    def test_a_domain_with_strange_relations_is(self, settings: Settings) -> None:
        assert is_untaught(settings, MUSIC)

    def test_a_domain_of_films_is_not(self, settings: Settings) -> None:
        assert not is_untaught(settings, FILMS)

    def test_nor_is_one_with_an_adapter_of_its_own(self, settings: Settings) -> None:
        write_adapter(adapters_home(settings) / "music")
        assert not is_untaught(with_adapter(settings, "music"), MUSIC)

    @pytest.mark.parametrize("change", [{"adapter": "none"}, {"adapter": "/absent"}, {"model": "maker/large"}])
    def test_nor_one_for_which_the_user_chose(self, settings: Settings, change: dict[str, str]) -> None:
        assert not is_untaught(settings.model_copy(update=change), MUSIC)

    def test_a_domain_without_relations_has_nothing_to_learn(self, settings: Settings) -> None:
        assert not is_untaught(settings, ())
