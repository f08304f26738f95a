"""Fixtures of notices: the mails that go out, and a Telegram to write to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib import wiring
from chalicelib.settings import settings
from localdev import telegram
from localdev.telegram import Chats
from tests import mails
from tests.mails import Post


@pytest.fixture
def post(aws: str) -> Iterator[Post]:
    with mails.watched() as watched:
        yield watched


def _read_configuration_anew() -> None:
    settings.cache_clear()
    wiring.telegram.cache_clear()
    wiring.delivery.cache_clear()


@pytest.fixture
def chats(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chats]:
    """A fake Telegram that the app's bot writes to."""
    with telegram.serve() as (url, found):
        monkeypatch.setenv("TELEGRAM_BASE_URL", url)
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", telegram.TOKEN)
        _read_configuration_anew()
        try:
            yield found
        finally:
            monkeypatch.undo()
            _read_configuration_anew()
