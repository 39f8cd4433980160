"""Progress: a bar on a terminal; elsewhere a line a minute, and nothing of short work."""

import io

import pytest

from faceveil.runtime.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal, True), (io.StringIO, False)])
def test_short_work_is_shown_on_a_terminal_alone(stream, shown, monkeypatch):
    monkeypatch.setattr("sys.stderr", stream())
    bar = progress("look", range(3), unit="photo", file=(out := stream()))
    for _ in bar:
        bar.set_postfix(loss=1, refresh=False)
    assert ("look: 100%" in out.getvalue()) is shown


def test_long_work_is_shown_off_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress("learn", total=10, file=(out := io.StringIO())) as bar:
        bar.start_t -= 120
        bar.last_print_t -= 120
        bar.update(5)
    assert "learn:  50%" in out.getvalue()
