"""What holds for every page: it opens, fits a phone, asks nobody else, and speaks two languages."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.device_page import SIMULATED

NARROW_PX = 360


def _settle(page: Page) -> None:
    """The page's own heading is there and the first answers of the lab have come."""
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_a_deep_link_opens_survives_a_reload_and_asks_no_third_party(open_page: OpenPage, route: str) -> None:
    watched = open_page(route)
    _settle(watched.page)
    heading = watched.page.get_by_role("main").get_by_role("heading", level=1).inner_text()
    watched.page.reload()
    expect(watched.page.get_by_role("main").get_by_role("heading", level=1)).to_have_text(heading)
    expect(watched.page).to_have_title(re.compile(r".+ · .+"))
    watched.assert_clean()


@pytest.mark.parametrize("locale", ["es-ES", "en-GB"])
def test_a_phone_needs_no_scrolling_sideways(open_page: OpenPage, route: str, locale: str) -> None:
    page = open_page(route, locale=locale, width=NARROW_PX, height=740).page
    _settle(page)
    widest = page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
    assert widest <= NARROW_PX


def test_an_unknown_address_leads_home(open_page: OpenPage, lab_url: str) -> None:
    page = open_page("/no/such/page").page
    expect(page).to_have_url(f"{lab_url}/")


def test_the_browsers_language_is_taken(open_page: OpenPage) -> None:
    english = open_page("/labs", locale="en-GB").page
    expect(english.get_by_role("heading", level=1)).to_have_text("Labs")
    assert english.locator("html").get_attribute("lang") == "en"


def test_the_labs_language_is_taken_where_the_browsers_is_none_of_the_pages(
    open_page: OpenPage, ask_lab: Callable[[str], Any]
) -> None:
    language = ask_lab("/api/lab")["languages"][0]
    page = open_page("/labs", locale="de-DE").page
    heading = {"es": "Laboratorios", "en": "Labs"}[language]
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_a_chosen_language_is_remembered(open_page: OpenPage) -> None:
    page = open_page(SIMULATED).page
    expect(page.get_by_role("button", name="Encender", exact=True)).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Power on", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Power on", exact=True)).to_be_visible()
    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("button", name="Encender", exact=True)).to_be_visible()


def test_the_labs_page_leads_to_both_aeropendulums(open_page: OpenPage) -> None:
    page = open_page("/labs").page
    page.get_by_role("main").get_by_role("link", name="Aeropéndulo").click()
    expect(page.get_by_role("link", name="Abrir el simulado")).to_be_visible()
    page.get_by_role("link", name="Abrir el real").click()
    expect(page.get_by_role("region", name="Mando")).to_be_visible()


@pytest.mark.parametrize("path", ["/labs/modulitos", "/labs/pendulo"])
def test_what_is_not_installed_says_so(open_page: OpenPage, path: str) -> None:
    expect(open_page(path).page.get_by_text("No instalado aquí")).to_be_visible()


def test_the_operators_page_names_every_service_and_no_address(
    open_page: OpenPage, ask_lab: Callable[[str], Any]
) -> None:
    page = open_page("/operator").page
    table = page.get_by_role("table", name="Servicios")
    for service in ask_lab("/api/services"):
        expect(table.get_by_role("rowheader", name=service["name"]).first).to_be_visible()
    assert not re.search(r"\b\d{1,3}(\.\d{1,3}){3}\b", page.get_by_role("main").inner_text())
