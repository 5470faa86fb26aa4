"""Fixtures for the stories that drive a deployed lab's page in a headless Chromium."""

import json
import os
import re
import shutil
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.watched_page import WatchedPage

ROUTES_FILE = Path(__file__).parents[2] / "frontend" / "src" / "config" / "routes.ts"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A picture in a software-rendered browser on two shared cores takes its time.
PATIENCE_MS = 30_000

OpenPage = Callable[..., WatchedPage]


def pytest_addoption(parser: pytest.Parser) -> None:
    for name, text in (
        ("--lab-url", "address of the deployed lab (default: REMLAB_URL or http://localhost:8080)"),
        ("--lab-any-certificate", "accept the lab's certificate unseen (lab_tls: internal)"),
    ):
        try:
            parser.addoption(name, action="store_true" if "any" in name else "store", help=text)
        except ValueError:
            continue  # tests/conftest.py has it already


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that asks for `route` once for each client route of the build."""
    if "route" in metafunc.fixturenames:
        metafunc.parametrize("route", re.findall(r'path: "([^"]+)"', ROUTES_FILE.read_text()))


@pytest.fixture(scope="session")
def lab_url(pytestconfig: pytest.Config) -> str:
    address = pytestconfig.getoption("--lab-url") or os.environ.get("REMLAB_URL") or "http://localhost:8080"
    return str(address).rstrip("/")


@pytest.fixture(scope="session")
def any_certificate(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--lab-any-certificate") or os.environ.get("REMLAB_ANY_CERTIFICATE"))


@pytest.fixture(scope="session")
def ask_lab(lab_url: str, any_certificate: bool) -> Callable[[str], Any]:
    """Reads a JSON document of the lab, past the browser."""
    trust = ssl.create_default_context()
    if any_certificate:
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE

    def ask(path: str) -> Any:
        with urllib.request.urlopen(lab_url + path, timeout=10, context=trust) as answer:
            return json.load(answer)

    return ask


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    executable = os.environ.get("REMLAB_CHROMIUM") or next(filter(None, found), None)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, lab_url: str, any_certificate: bool) -> Iterator[OpenPage]:
    """Opens a path of the lab in a context of its own; at the end each page must have stayed clean."""
    contexts: list[BrowserContext] = []
    pages: list[WatchedPage] = []

    def open_path(path: str, *, locale: str = "es-ES", width: int = 1280, height: int = 900) -> WatchedPage:
        context = browser.new_context(
            base_url=lab_url,
            locale=locale,
            viewport={"width": width, "height": height},
            ignore_https_errors=any_certificate,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page: Page = context.new_page()
        watched = WatchedPage(page, lab_url)
        pages.append(watched)
        page.goto(path)
        return watched

    yield open_path
    for context in contexts:
        context.close()
    for watched in pages:
        watched.assert_clean()
