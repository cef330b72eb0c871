"""Headless Chromium for the page's tests: Debian's, or what ``KGMED_CHROMIUM`` names.

Where there is none, or no Playwright to drive it, tests that ask for it are skipped, with the
reason; a Chromium that is there and doesn't start fails them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT_MS = 30_000


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser of its own, with nothing kept from before."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs Playwright: pip install 'kgmed[dev]'"
    )
    path = Path(os.environ.get("KGMED_CHROMIUM", "/usr/bin/chromium"))
    if not path.is_file():
        pytest.skip(f"no Chromium at {path}; KGMED_CHROMIUM names one")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=str(path), args=list(FLAGS))
        yield started
        started.close()


class Console:
    """What a page wrote that it shouldn't: errors, warnings, dialogs that a text opened."""

    def __init__(self, page: Page) -> None:
        self.told: list[str] = []
        page.on("console", self._wrote)
        page.on("pageerror", lambda error: self.told.append(f"error: {error}"))
        page.on("dialog", self._opened)

    def _wrote(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.told.append(f"{message.type}: {message.text}")

    def _opened(self, dialog: Any) -> None:
        self.told.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def without_status(self, *statuses: int) -> list[str]:
        """What is left without the lines that the browser itself writes for such answers."""
        ours = tuple(f"responded with a status of {status}" for status in statuses)
        return [line for line in self.told if not any(part in line for part in ours)]


@contextmanager
def opened(browser: Browser, base: str, address: str = "/", **given: Any) -> Iterator[Page]:
    """A page at an address; at its end nothing may stand in its console. ``statuses`` are the
    answers that are meant to fail."""
    statuses = given.pop("statuses", ())
    gone = given.pop("gone", False)
    shape = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **given}
    context = browser.new_context(**shape)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    console = Console(page)
    page.goto(base.rstrip("/") + address)
    settled(page)
    yield page
    left = console.without_status(*statuses)
    if gone:
        left = [line for line in left if "net::ERR" not in line]
    context.close()
    assert left == []


def settled(page: Page) -> None:
    """Wait until the view stands and nothing is under way."""
    page.wait_for_selector("#main h1")
    page.wait_for_selector(".busy", state="detached")
