"""The chat: read a line, answer it, go on, whatever becomes of the answer."""

import asyncio
import sys

from rich.console import Console
from rich.text import Text

from agent.chat.commands import execute
from agent.chat.lines import Lines, PipedLines, PromptLines
from agent.chat.state import ChatState
from agent.cli.display import AnswerDisplay, follow, open_output
from agent.cli.notices import Notices
from agent.cli.render import View, clean
from agent.recommender import Recommender
from agent.settings import Settings
from kg.errors import ThenceError


def chat(
    recommender: Recommender, settings: Settings, notices: Notices, *, user: str | None, thread: str | None
) -> None:
    """Chat on the terminal, or with the lines of standard input where that is none, until there is no more to read."""
    out = open_output()
    state = ChatState(user=user, journal=recommender, prover=recommender)
    state.thread = thread or state.thread
    lines = PromptLines(settings.home) if sys.stdin.isatty() else PipedLines(out)
    Chat(recommender, state, lines, out, notices).run()


class Chat:
    """One chat; all its answers run in one event loop.

    Its runner turns Ctrl-C into the cancellation of the answer under way, and so of the request to the model.
    """

    def __init__(
        self, recommender: Recommender, state: ChatState, lines: Lines, out: Console, notices: Notices
    ) -> None:
        self._recommender, self._state = recommender, state
        self._lines, self._out, self._notices = lines, out, notices

    def run(self) -> None:
        """Greet, take every line there is, and say how to go on another time."""
        self._notices.stop()
        with asyncio.Runner() as runner:
            self._greet(goes_on=runner.run(self._recommender.has_thread(self._state.thread, self._state.user)))
            while not self._state.over and (line := self._lines.read(self._prompt())) is not None:
                self._take(line.strip(), runner)
        self._say(f"Go on another time with --thread {clean(self._state.thread)}")

    def _greet(self, *, goes_on: bool) -> None:
        name = clean(self._state.thread)
        self._say(
            f"Conversation {name} goes on: what was said in it still counts." if goes_on else f"Conversation {name}."
        )
        self._say("Say what you would like; /help lists the commands, Ctrl-D leaves.")

    def _prompt(self) -> str:
        return f"{clean(self._state.user)} › " if self._state.user else "› "

    def _take(self, line: str, runner: asyncio.Runner) -> None:
        """Run a command or answer a message; an error is told, and the chat goes on."""
        if not line:
            return
        try:
            if line.startswith("/"):
                self._out.print(execute(self._state, line))
            else:
                runner.run(self._answer(line))
        except ThenceError as error:
            self._notices.error(str(error))
        except KeyboardInterrupt:
            self._say("Stopped.")

    async def _answer(self, message: str) -> None:
        state = self._state
        events = self._recommender.stream(message, user=state.user, k=state.k, thread=state.thread)
        with AnswerDisplay(self._out, self._notices, View(paths=False, trace=state.trace)) as display:
            answer = await follow(events, display.show)
        state.latest = answer
        if answer.items:
            state.answer = answer

    def _say(self, text: str) -> None:
        self._out.print(Text(text, "dim"), soft_wrap=True)
