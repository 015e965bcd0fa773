import io
from dataclasses import dataclass

import pytest

from ops.topology.site.spec import Role, Spec, State
from ops.topology.supervise.screen import Screen, row


@dataclass
class Component:
    spec: Spec
    state: State


class Terminal(io.TextIOWrapper):
    def __init__(self) -> None:
        self.raw_bytes = io.BytesIO()
        super().__init__(self.raw_bytes, encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return True

    def getvalue(self) -> str:
        return self.raw_bytes.getvalue().decode()


def web(state: State, number: int = 1, needs: tuple[str, ...] = ()) -> Component:
    return Component(Spec(name=f"web-{number}", role=Role.WEB, argv=[], needs=needs), state)


def test_a_line_says_what_state_and_seconds() -> None:
    assert row(web(State.READY), 2.345, has_colour=False).split() == [
        "✓",
        "web-1",
        "web",
        "ready",
        "2.3",
        "s",
    ]


def test_one_that_waits_says_for_what() -> None:
    assert "waiting for provision" in row(web(State.WAITING, needs=("provision",)), None, has_colour=False)


def test_all_lines_have_their_columns_below_each_other() -> None:
    lines = [row(web(state, number), 1, has_colour=False) for number, state in enumerate(State)]
    assert len({line.index(" s", 45) for line in lines}) == 1


@pytest.mark.parametrize("state", list(State))
def test_colour_changes_nothing_but_colour(state: State) -> None:
    plain, coloured = (row(web(state), 1.0, has_colour=has_colour) for has_colour in (False, True))
    assert coloured.startswith("\x1b[")
    assert plain in coloured


def test_without_a_terminal_each_component_gets_one_line_when_it_has_settled() -> None:
    output = io.StringIO()
    screen = Screen(output)
    for state in (State.WAITING, State.PREPARING, State.STARTING, State.READY, State.READY):
        screen.note(web(state))
        screen.draw([web(state)])
    assert output.getvalue().count("\n") == 1
    assert "ready" in output.getvalue()


def test_a_terminal_is_redrawn_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    output = Terminal()
    screen = Screen(output)
    for _ in range(2):
        screen.draw([web(State.STARTING, 1), web(State.WAITING, 2)])
    assert output.getvalue().count("\x1b[2A") == 1


def test_a_terminal_that_is_too_low_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LINES", "5")
    output = Terminal()
    Screen(output).draw([web(State.STARTING, number) for number in range(9)])
    assert output.getvalue() == ""


def test_events_during_the_start_stay_above_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    output = Terminal()
    screen = Screen(output)
    screen.draw([web(State.STARTING)])
    screen.say("Port 8000 (site) is taken: using 8003.")
    screen.draw([web(State.STARTING)])
    assert output.getvalue().index("\x1b[J") < output.getvalue().index("Port 8000")
    assert output.getvalue().count("\x1b[1A") == 1


def test_events_after_the_start_have_the_time_of_day() -> None:
    output = io.StringIO()
    screen = Screen(output)
    screen.finish_start("Ready")
    screen.stamp("web-1 ended")
    assert output.getvalue().splitlines()[-1][2:3] == ":"


def test_a_terminal_that_has_gone_does_not_stop_anything() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    Screen(Gone()).say("Stopping …")


def test_a_terminal_without_unicode_is_still_served() -> None:
    raw = io.BytesIO()
    screen = Screen(io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    screen.say("✓ ready …")
    assert raw.getvalue() == b"? ready ?\n"
