"""A server is started when needed, shared while it runs, replaced when it does not fit, and stopped without a trace."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from agent import server
from agent.errors import ModelUnreachableError, ServerStartError, UnconstrainedError
from agent.model import Weights
from agent.server import lifecycle
from agent.server.command import Command
from agent.server.files import ServerFiles
from agent.server.processes import is_living, members
from agent.settings import Settings
from tests.agent.model.fake_openai import serving
from tests.agent.model.test_adapters import write_adapter
from tests.agent.server.conftest import fake_command, ignore, script_command

OBEDIENT = fake_command("obedient")


def start(settings: Settings) -> server.ServerAddress:
    return server.ensure(settings, ignore, make_command=OBEDIENT)


def processes(settings: Settings) -> list[psutil.Process]:
    state = ServerFiles(settings).state.read()
    return [] if state is None else list(members(state))


def running_pids() -> set[int]:
    return {process.pid for process in psutil.process_iter() if is_living(process)}


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.mark.slow
def test_server_is_started_checked_and_found_again(settings: Settings) -> None:
    first = start(settings)
    assert first.model == "fake-model"
    assert first.grammar
    assert start(settings) == first
    assert server.status(settings).phase == "running"


@pytest.mark.slow
def test_stop_leaves_no_process_and_no_scratch_folder(settings: Settings) -> None:
    start(settings)
    state = ServerFiles(settings).state.read()
    assert state is not None
    found = processes(settings)
    assert len(found) == 2  # the watchdog and the server
    assert server.stop(settings)
    assert not any(map(is_living, found))
    assert not state.scratch.exists()
    assert server.status(settings).phase == "stopped"
    assert not server.stop(settings)


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"max_model_len": 1024}, {"model": "other/model"}])
def test_server_that_does_not_fit_is_replaced(settings: Settings, change: dict[str, object]) -> None:
    first = start(settings)
    second = start(settings.model_copy(update=change))
    assert second.pid != first.pid
    assert first.pid not in running_pids()


@pytest.mark.slow
def test_two_at_once_start_one_server(settings: Settings) -> None:
    started: list[int] = []
    found: list[server.ServerAddress] = []

    def make(made: Settings, weights: Weights, port: int) -> Command:
        started.append(port)
        return OBEDIENT(made, weights, port)

    def ensure() -> None:
        found.append(server.ensure(settings, ignore, make_command=make))

    threads = [threading.Thread(target=ensure) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(started) == 1
    assert found[0] == found[1]


def test_waiting_for_another_process_is_told_and_ends(settings: Settings) -> None:
    told: list[str] = []
    impatient = settings.model_copy(update={"start_timeout": 0.2})
    with ServerFiles(settings).locked(ignore), pytest.raises(ServerStartError, match="another process"):
        server.ensure(impatient, told.append, make_command=OBEDIENT)
    assert told == ["another process is starting the model server"]


@pytest.mark.slow
def test_state_of_a_recycled_pid_is_stale_and_the_stranger_lives(settings: Settings) -> None:
    start(settings)
    files = ServerFiles(settings)
    state = files.state.read()
    assert state is not None
    server.stop(settings)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as stranger:
        files.state.write(state.model_copy(update={"pid": stranger.pid, "created": state.created - 60}))
        assert server.status(settings).phase == "ended"
        assert start(settings).pid != stranger.pid
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "{", '{"pid": 1}'])
def test_unreadable_state_counts_as_none(settings: Settings, text: str) -> None:
    folder = ServerFiles(settings).folder
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(text)
    assert server.status(settings).phase == "stopped"
    start(settings)
    assert server.status(settings).phase == "running"


@pytest.mark.slow
def test_killed_server_takes_its_watchdog_along_and_is_replaced(settings: Settings) -> None:
    first = start(settings)
    head, child = sorted(processes(settings), key=lambda process: process.pid != first.pid)
    child.kill()
    wait_for(lambda: server.status(settings).phase == "ended")
    assert "exit code -9" in server.status(settings).detail
    assert start(settings).pid != head.pid


@pytest.mark.slow
def test_server_whose_watchdog_was_killed_is_still_stopped(settings: Settings) -> None:
    first = start(settings)
    head, child = sorted(processes(settings), key=lambda process: process.pid != first.pid)
    head.kill()
    wait_for(lambda: server.status(settings).phase == "ended")
    assert is_living(child)
    server.stop(settings)
    assert not is_living(child)


@pytest.mark.slow
def test_server_that_hangs_is_unhealthy_and_replaced(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = start(settings)
    for process in processes(settings):
        process.suspend()
    monkeypatch.setattr("agent.server.probe.PATIENCE", 0.3)
    assert server.status(settings).phase == "unhealthy"
    monkeypatch.setattr("agent.server.processes.GRACE_SECONDS", 0.5)
    assert start(settings).pid != first.pid
    assert first.pid not in running_pids()


@pytest.mark.slow
def test_idle_server_stops_by_itself(settings: Settings) -> None:
    start(settings.model_copy(update={"idle_stop_minutes": 3 / 60}))
    wait_for(lambda: server.status(settings).phase == "ended")
    wait_for(lambda: processes(settings) == [])
    assert "nobody asked" in server.status(settings).detail


@pytest.mark.slow
def test_server_that_ignores_schemas_is_stopped_again(settings: Settings) -> None:
    with pytest.raises(UnconstrainedError):
        server.ensure(settings, ignore, make_command=fake_command("ignores schemas"))
    assert server.status(settings).phase == "stopped"


@pytest.mark.slow
def test_server_that_ends_at_once_tells_its_last_words_and_the_remedy(settings: Settings) -> None:
    script = "import sys; print('line 1'); sys.exit('RuntimeError: out of memory')"
    with pytest.raises(ServerStartError) as caught:
        server.ensure(settings, ignore, make_command=script_command(script))
    told = str(caught.value)
    assert "out of memory" in told
    assert "lower THENCE_KV_CACHE_GIB" in told
    assert server.status(settings).phase == "stopped"


@pytest.mark.slow
def test_server_that_never_answers_is_given_up_and_stopped(settings: Settings) -> None:
    impatient = settings.model_copy(update={"start_timeout": 1})
    started: list[Path] = []

    def make(_: Settings, __: Weights, port: int) -> Command:
        started.append(settings.cache)
        return script_command("import time; time.sleep(60)")(settings, Weights("m", "m"), port)

    with pytest.raises(ServerStartError, match="not ready after 1 s"):
        server.ensure(impatient, ignore, make_command=make)
    assert started
    assert server.status(settings).phase == "stopped"


@pytest.mark.slow
def test_taken_port_is_tried_again_with_another(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = iter([taken.getsockname()[1], lifecycle._free_port()])
        monkeypatch.setattr(lifecycle, "_free_port", lambda: next(ports))
        monkeypatch.setattr("agent.server.probe.PATIENCE", 0.3)
        assert start(settings).base_url.startswith("http://127.0.0.1:")
    assert next(ports, None) is None


INTERRUPTED = """
import sys
from agent import server
from agent.settings import load_settings
from tests.agent.server.conftest import script_command

settings = load_settings(cache=sys.argv[1], model=sys.argv[2])
make = script_command("print('up', flush=True); import time; time.sleep(60)")
server.ensure(settings, lambda text: print(text, flush=True), make_command=make)
"""


def interruptible(settings: Settings) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", INTERRUPTED, str(settings.cache), settings.model]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    while "loading vLLM" not in process.stdout.readline():
        pass
    return process


@pytest.mark.slow
def test_interrupted_start_stops_what_it_started(settings: Settings) -> None:
    with interruptible(settings) as process:
        found = processes(settings)
        assert found
        process.send_signal(signal.SIGINT)
    assert not any(map(is_living, found))
    assert server.status(settings).phase == "stopped"


@pytest.mark.slow
def test_killed_start_leaves_a_server_that_the_next_command_replaces(settings: Settings) -> None:
    with interruptible(settings) as process:
        os.kill(process.pid, signal.SIGKILL)
    assert server.status(settings).phase == "starting"
    found = processes(settings)
    start(settings)
    assert not any(map(is_living, found))


def test_foreign_server_is_asked_once_a_process(settings: Settings) -> None:
    with serving() as fake:
        elsewhere = settings.model_copy(update={"base_url": fake.base_url, "model": "fake"})
        found = server.ensure(elsewhere, ignore)
        assert found == server.ServerAddress(fake.base_url, "fake", grammar=True, goes_on=True)
        assert server.ensure(elsewhere, ignore) == found
        assert len(fake.bodies) == 4


def test_foreign_server_with_one_model_needs_no_name(settings: Settings) -> None:
    with serving() as fake:
        elsewhere = settings.model_copy(update={"base_url": fake.base_url, "model": "smollm2-135m-instruct"})
        assert server.ensure(elsewhere, ignore).model == "fake"


def test_foreign_server_without_the_model_names_what_it_has(settings: Settings) -> None:
    with serving() as fake:
        elsewhere = settings.model_copy(update={"base_url": fake.base_url})
        with pytest.raises(ModelUnreachableError, match="serves fake, not"):
            server.ensure(elsewhere, ignore)


def test_foreign_server_that_is_not_there_is_named(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"base_url": "http://127.0.0.1:9/v1"})
    with pytest.raises(ModelUnreachableError, match=r"127\.0\.0\.1:9/v1 does not answer"):
        server.ensure(elsewhere, ignore)


def test_address_without_v1_is_explained(settings: Settings) -> None:
    with serving() as fake:
        elsewhere = settings.model_copy(update={"base_url": fake.base_url.removesuffix("/v1")})
        with pytest.raises(ModelUnreachableError, match="/v1 at its end"):
            server.ensure(elsewhere, ignore)


@pytest.mark.slow
def test_a_server_with_another_adapter_is_replaced(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "prepare", lambda *_, **__: Weights("fake-model", "/fake-model"))
    one, other = (write_adapter(tmp_path / name, weights=name.encode()) for name in ("one", "other"))
    plain = start(settings)
    first = start(settings.model_copy(update={"adapter": str(one)}))
    assert first.pid != plain.pid
    assert start(settings.model_copy(update={"adapter": str(one)})).pid == first.pid
    second = start(settings.model_copy(update={"adapter": str(other)}))
    assert second.pid != first.pid
    assert first.pid not in running_pids()
