"""Waiting for a condition in the browser without a fixed pause."""

from collections.abc import Callable

from playwright.sync_api import Page


def wait_until(page: Page, condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Asks four times a second; the browser goes on working meanwhile."""
    for _ in range(int(seconds * 4)):
        if condition():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"not within {seconds:g} s")
