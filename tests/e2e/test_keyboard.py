"""The whole way with the keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.device_page import SIMULATED, DevicePage

OUTLINE = "element => getComputedStyle(element).outlineStyle + getComputedStyle(element).outlineWidth"


def _tab_to(page: Page, target: Locator, *, limit: int = 60) -> None:
    """Presses Tab until the target has the focus, which has to be visible on it."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate(OUTLINE) not in ("none0px", "none3px"), "focus is not visible"
            return
    raise AssertionError(f"not reached with {limit} tabs")


def test_the_skip_link_leads_to_the_content(open_page: OpenPage) -> None:
    page = open_page("/labs").page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Saltar al contenido")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_a_device_is_driven_without_a_mouse(open_page: OpenPage, ask_lab: Callable[[str], Any]) -> None:
    if not ask_lab("/api/lab")["commands_accepted"]:
        pytest.skip("this lab takes no commands from the page")
    device = DevicePage(open_page(SIMULATED).page)
    keyboard = device.page.keyboard
    device.to_standby()
    device.page.reload()
    device.expect_live()

    _tab_to(device.page, device.button("Encender"))
    keyboard.press("Enter")
    device.expect_state("Listo")
    # The button that was pressed is not available any more, and still has the focus.
    expect(device.button("Encender")).to_be_focused()

    _tab_to(device.page, device.button("Arrancar"))
    keyboard.press("Space")
    expect(device.page.locator("[data-state=test], [data-state=pid]")).to_be_visible()

    _tab_to(device.page, device.gain("Kd"))
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(device.feedback_of("Kd")).to_contain_text("Confirmado")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(device.gain("Kd")).to_have_value("0")

    device.button("Apagar").focus()
    keyboard.press("Enter")
    device.expect_state("En espera")


def test_following_a_link_moves_the_focus_to_the_new_page(open_page: OpenPage) -> None:
    page = open_page("/").page
    link = page.get_by_role("navigation").get_by_role("link", name="Ayuda")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cómo se usa el laboratorio")
    expect(page.get_by_role("main")).to_be_focused()
