"""The chat with lines from a pipe, and its slash commands."""

import io
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from rich.console import Console

from agent.chat.commands import COMMANDS, execute
from agent.chat.lines import HISTORY_FILE, PromptLines, SlashCompleter
from agent.chat.state import ChatState
from agent.errors import ModelUnreachableError, RequestError, SettingsError
from tests.agent.cli.conftest import Outcome
from tests.agent.cli.fakes import FakeRecommender, question, recommendation

Talk = Callable[..., Outcome]


@pytest.fixture
def talk(thence: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> Talk:
    def call(*lines: str, options: tuple[str, ...] = ()) -> Outcome:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return thence("chat", *options)

    return call


def shown(state: ChatState, line: str) -> str:
    console = Console(file=io.StringIO(), width=100, markup=False)
    console.print(execute(state, line))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_each_line_is_answered_in_one_thread(talk: Talk, fake: FakeRecommender) -> None:
    fake.script = [recommendation(), question("Bram Stoker")]
    got = talk("something gothic", "", "who wrote Dracula?", options=("--user", "ann", "--thread", "autumn"))
    assert [(one["message"], one["user"], one["thread"], one["intent"]) for one in fake.asked] == [
        ("something gothic", "ann", "autumn", None),
        ("who wrote Dracula?", "ann", "autumn", None),
    ]
    assert got.code == 0
    assert "ann › something gothic" in got.out
    assert "1  Frankenstein" in got.out
    assert "• Bram Stoker" in got.out
    assert fake.closed


def test_a_named_thread_says_that_it_goes_on(talk: Talk, fake: FakeRecommender) -> None:
    fake.threads = {"autumn"}
    out = talk(options=("--thread", "autumn")).out
    assert "Conversation autumn goes on" in out
    assert "--thread autumn" in out.splitlines()[-1]


def test_a_chat_without_a_name_gets_one_of_its_own(talk: Talk, fake: FakeRecommender) -> None:
    fake.script = [recommendation(), recommendation()]
    talk("hello")
    talk("hello")
    first, second = (one["thread"] for one in fake.asked)
    assert first.startswith("chat-")
    assert first != second


def test_evidence_comes_on_request(talk: Talk, fake: FakeRecommender) -> None:
    fake.script = [recommendation()]
    out = talk("something gothic", "/evidence 1", "/why 2").out
    before, _, after = out.partition("/evidence 1")
    assert "gothic horror · " not in before
    assert "— genre —" not in before
    assert "Frankenstein · genre · gothic horror" in after
    assert "Carmilla  score 0.750" in after


def test_an_answer_to_a_question_does_not_hide_the_list(talk: Talk, fake: FakeRecommender) -> None:
    fake.script = [recommendation(), question("Bram Stoker")]
    assert "Frankenstein  score" in talk("something gothic", "who wrote Dracula?", "/why 1").out


def test_commands_change_what_is_asked_for(talk: Talk, fake: FakeRecommender) -> None:
    fake.script = [recommendation(), recommendation()]
    out = talk("/user ann", "/k 3", "/trace", "hello", "/new", "/user -", "hello").out
    first, second = fake.asked
    assert (first["user"], first["k"]) == ("ann", 3)
    assert (second["user"], second["k"]) == (None, 3)
    assert first["thread"] != second["thread"]
    assert "nearest  model" in out


def test_quit_leaves_the_rest_unread(talk: Talk, fake: FakeRecommender) -> None:
    assert talk("/quit", "hello").code == 0
    assert fake.asked == []


def test_a_new_name_does_not_pretend_to_go_on(talk: Talk, fake: FakeRecommender) -> None:
    fake.threads = {"autumn"}
    out = talk(options=("--thread", "spring")).out
    assert "Conversation spring." in out
    assert "goes on" not in out


def test_an_error_is_told_and_the_chat_goes_on(talk: Talk, fake: FakeRecommender) -> None:
    degraded = recommendation(degraded=True, degraded_because=["the model server stopped in the middle"])
    fake.script = [ModelUnreachableError("the server is gone"), degraded, recommendation()]
    got = talk("one", "two", "three")
    assert "error: the server is gone" in got.err
    assert "Note: the model server stopped in the middle" in got.out
    assert len(fake.asked) == 3
    assert got.code == 0


def test_ctrl_c_stops_one_answer_and_the_chat_goes_on(talk: Talk, fake: FakeRecommender) -> None:
    fake.script = [recommendation(text="Never seen."), recommendation(text="Seen.")]
    fake.before = lambda: signal.raise_signal(signal.SIGINT) if len(fake.asked) == 1 else None
    got = talk("one", "two")
    assert "Never seen." not in got.out
    assert got.out.index("Stopped.") < got.out.index("Seen.")
    assert got.code == 0


def test_controls_in_a_line_or_a_name_are_not_echoed(talk: Talk, fake: FakeRecommender) -> None:
    fake.script = [recommendation()]
    got = talk("\x1b]0;owned\x07hello \x9b2J", "/user \x1b[31mann", "/\x1b[2J", options=("--thread", "\x1b[2Jx"))
    assert not any(char in got.out + got.err for char in "\x1b\x9b\x07")


@pytest.mark.parametrize("line", ["/why", "/why 0", "/why 3", "/why two", "/evidence -1", "/why ²"])
def test_why_names_the_numbers_there_are(line: str) -> None:
    with pytest.raises(RequestError, match="1 to 2"):
        execute(ChatState(answer=recommendation()), line)


def test_why_before_any_list_says_so() -> None:
    with pytest.raises(RequestError, match="no list yet"):
        execute(ChatState(), "/why 1")


def test_an_unknown_command_lists_the_known_ones() -> None:
    known = "/why, /evidence, /proof, /history, /undo, /user, /k, /trace, /new, /help, /quit"
    with pytest.raises(RequestError, match=known):
        execute(ChatState(), "/dance now")


@pytest.mark.parametrize("line", ["/k", "/k 0", "/k 10000000", "/k many"])
def test_k_out_of_range_is_refused(line: str) -> None:
    state = ChatState()
    with pytest.raises(RequestError, match="expected a whole number from 1 to 100"):
        execute(state, line)
    assert state.k == 5


def test_user_alone_tells_who_it_is() -> None:
    assert shown(ChatState(user="ann"), "/user") == "The user is ann.\n"
    assert shown(ChatState(), "/USER").startswith("No user")


def test_help_lists_every_command() -> None:
    text = shown(ChatState(), "/help")
    assert all(f"/{one.name}" in text and one.purpose in text for one in COMMANDS)


def test_slash_commands_complete_at_the_beginning_of_a_line() -> None:
    completer = SlashCompleter()

    def offered(text: str) -> list[str]:
        return [one.text for one in completer.get_completions(Document(text), CompleteEvent())]

    assert offered("/") == [f"/{one.name}" for one in COMMANDS]
    assert offered("/WH") == ["/why"]
    assert offered("what / wh") == []
    assert offered("") == []


def test_the_history_is_the_owners_alone(tmp_path: Path) -> None:
    PromptLines(tmp_path / "home")
    assert (tmp_path / "home" / HISTORY_FILE).stat().st_mode & 0o777 == 0o600


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(SettingsError, match="--home"):
        PromptLines(tmp_path / "home")


def test_the_last_answer_is_proved_in_a_file(talk: Talk, fake: FakeRecommender, tmp_path: Path) -> None:
    fake.script = [recommendation()]
    file = tmp_path / "answer.jsonld"
    asked: list[object] = []

    class Written:
        def to_json(self) -> str:
            return "the proof"

    fake.proof = lambda answer: asked.append(answer) or Written()  # type: ignore[method-assign, assignment, return-value, func-returns-value]
    out = talk("something gothic", f"/proof {file}").out
    assert file.read_text("utf-8") == "the proof"
    assert asked == [recommendation()]
    assert f"`thenceverify{file}`checksit." in "".join(out.split())  # a long path is wrapped


@pytest.mark.parametrize(
    ("line", "told"), [("/proof answer.jsonld", "there is no answer yet"), ("/proof", "there is no answer yet")]
)
def test_without_an_answer_there_is_no_proof(line: str, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        execute(ChatState(), line)
