"""What is told where a domain is opened."""

from typing import Any

import pytest

from agent.cli import session
from agent.cli.notices import Notices
from agent.recommender import Recommender
from agent.settings import load_settings


class Opened:
    def __init__(self, *, untaught: bool) -> None:
        self.is_untaught = untaught


@pytest.mark.parametrize("untaught", [True, False])
def test_a_domain_whose_words_the_model_has_not_learned_says_how_to_teach_it(
    untaught: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(*_: Any, **__: Any) -> Opened:
        return Opened(untaught=untaught)

    monkeypatch.setattr(Recommender, "load", load)
    with Notices() as notices:
        session.open_recommender("music", load_settings(), notices)
    out, err = capsys.readouterr()
    assert out == ""
    assert ("note: the model has not learned the words of music" in err) == untaught
    assert ("thence tune --domain music" in err) == untaught
