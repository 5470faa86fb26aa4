"""A student drives the simulated aeropendulum."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.device_page import SIMULATED, DevicePage, difference
from tests.e2e.waiting import wait_until


@pytest.fixture
def device(open_page: OpenPage, ask_lab: Callable[[str], Any]) -> Iterator[DevicePage]:
    """The simulated device's page with the device in STANDBY; it is left so."""
    if not ask_lab("/api/lab")["commands_accepted"]:
        pytest.skip("this lab takes no commands from the page")
    device = DevicePage(open_page(SIMULATED).page)
    device.to_standby()
    yield device
    device.to_standby()


def test_a_student_walks_from_standby_to_a_tuned_pid_and_back(device: DevicePage) -> None:
    device.button("Encender").click()
    device.expect_state("Listo")

    device.mode("PID").check()
    expect(device.mode("PID")).to_be_checked()
    device.button("Arrancar").click()
    device.expect_state("PID en marcha")

    device.set_gain("Kp", "9,5")
    expect(device.feedback_of("Kp")).to_contain_text("Confirmado")
    expect(device.gain("Kp")).to_have_value("9,5")
    device.set_gain("Kp", "7")
    expect(device.feedback_of("Kp")).to_contain_text("Confirmado")

    device.expect_picture()
    sample, pictures = device.sample_time_ms(), device.pictures_shown()
    drawing, picture = device.drawing(), device.thumbnail()
    wait_until(device.page, lambda: device.sample_time_ms() > sample + 1000)
    wait_until(device.page, lambda: device.pictures_shown() > pictures + 10)
    assert device.drawing() != drawing
    wait_until(device.page, lambda: difference(device.thumbnail(), picture) > 0.3)

    device.button("Parar").click()
    device.expect_state("Listo")
    device.button("Apagar").click()
    device.expect_state("En espera")


def test_the_manual_speed_moves_the_arm_in_test_mode(device: DevicePage) -> None:
    device.button("Encender").click()
    device.expect_state("Listo")
    device.mode("TEST").check()
    expect(device.mode("TEST")).to_be_checked()
    device.set_gain("Velocidad manual", "300")
    expect(device.feedback_of("Velocidad manual")).to_contain_text("Confirmado")
    device.button("Arrancar").click()
    device.expect_state("TEST en marcha")
    drawn = device.page.get_by_role("img", name="Dibujo del aeropéndulo a −90 grados")
    expect(drawn).to_have_count(0)
    device.set_gain("Velocidad manual", "0")
    expect(device.feedback_of("Velocidad manual")).to_contain_text("Confirmado")
    device.button("Parar").click()
    device.expect_state("Listo")


def test_only_what_has_an_effect_is_offered(device: DevicePage) -> None:
    expect(device.button("Arrancar")).to_have_attribute("aria-disabled", "true")
    expect(device.button("Parar")).to_have_attribute("aria-disabled", "true")
    device.button("Encender").click()
    device.expect_state("Listo")
    expect(device.button("Encender")).to_have_attribute("aria-disabled", "true")
    expect(device.button("Arrancar")).to_have_attribute("aria-disabled", "false")


def test_a_gain_out_of_range_or_no_number_is_refused_in_words(device: DevicePage) -> None:
    before = device.gain("Kd").input_value()
    device.set_gain("Kd", "1000")
    expect(device.controls.get_by_role("alert")).to_contain_text("Tiene que estar entre")
    device.set_gain("Kd", "nan")
    expect(device.controls.get_by_role("alert")).to_contain_text("Escribe un número")
    device.page.reload()
    expect(device.gain("Kd")).to_have_value(before)


def test_two_students_see_the_same_device(device: DevicePage, open_page: OpenPage) -> None:
    other = DevicePage(open_page(SIMULATED).page)
    other.expect_state("En espera")
    device.button("Encender").click()
    other.expect_state("Listo")
