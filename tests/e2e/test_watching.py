"""Signals, picture and logbook for whoever only watches."""

import uuid

from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.device_page import REAL, SIMULATED, DevicePage, difference
from tests.e2e.waiting import wait_until


def test_the_plots_follow_the_servers_time_and_can_be_frozen(open_page: OpenPage) -> None:
    device = DevicePage(open_page(SIMULATED).page)
    device.expect_live()
    first = device.sample_time_ms()
    wait_until(device.page, lambda: device.sample_time_ms() >= first + 2000)

    freeze = device.page.get_by_role("button", name="Congelar")
    freeze.click()
    go_on = device.page.get_by_role("button", name="Seguir")
    expect(go_on).to_have_attribute("aria-pressed", "true")
    device.page.wait_for_timeout(300)
    frozen, sample = device.drawing(), device.sample_time_ms()
    wait_until(device.page, lambda: device.sample_time_ms() >= sample + 1000)
    assert device.drawing() == frozen
    go_on.click()
    wait_until(device.page, lambda: device.drawing() != frozen)


def test_the_summary_tells_the_plots_in_words(open_page: OpenPage) -> None:
    device = DevicePage(open_page(SIMULATED).page)
    expect(device.summary).to_contain_text("ángulo")
    before = device.summary.inner_text()
    wait_until(device.page, lambda: device.summary.inner_text() != before)


def test_the_samples_can_be_taken_home(open_page: OpenPage) -> None:
    device = DevicePage(open_page(SIMULATED).page)
    device.expect_live()
    first = device.sample_time_ms()
    wait_until(device.page, lambda: device.sample_time_ms() >= first + 1000)
    with device.page.expect_download() as download:
        device.page.get_by_role("button", name="Descargar CSV").click()
    rows = download.value.path().read_text().splitlines()
    assert rows[0].startswith("time,mode,yk,rk,uk")
    assert len(rows) > 3


def test_the_picture_moves(open_page: OpenPage) -> None:
    device = DevicePage(open_page(SIMULATED).page)
    device.expect_picture()
    pictures, picture = device.pictures_shown(), device.thumbnail()
    wait_until(device.page, lambda: device.pictures_shown() > pictures + 10)
    wait_until(device.page, lambda: difference(device.thumbnail(), picture) > 0)


def test_the_camera_can_be_paused_and_comes_back(open_page: OpenPage) -> None:
    device = DevicePage(open_page(SIMULATED).page)
    device.expect_picture()
    device.page.get_by_role("button", name="Pausar la cámara").click()
    expect(device.camera).to_have_attribute("data-phase", "paused")
    device.camera.get_by_role("button", name="Ver en directo").first.click()
    device.expect_picture()


def test_all_cameras_are_shown_on_one_page(open_page: OpenPage) -> None:
    page = open_page("/camaras").page
    cameras = page.locator("figure[data-camera]")
    expect(cameras.first).to_be_visible()
    for index in range(cameras.count()):
        expect(cameras.nth(index)).to_have_attribute("data-phase", "playing")


def test_the_real_page_says_when_a_simulator_stands_in(open_page: OpenPage) -> None:
    device = DevicePage(open_page(REAL).page)
    device.expect_live()
    main = device.page.get_by_role("main")
    simulated = main.get_by_text("Conexión simulada").is_visible()
    expect(main.get_by_text("esta conexión es la de un simulador")).to_be_visible(visible=simulated)


def test_a_note_in_the_logbook_reaches_the_others_at_once(open_page: OpenPage) -> None:
    writer, reader = open_page(SIMULATED).page, open_page(SIMULATED).page
    text = f"Kp 7 se queda corto ({uuid.uuid4().hex[:8]})"
    DevicePage(reader).expect_live()
    writer.get_by_label("Nota nueva").fill(text)
    writer.get_by_label("Nombre (opcional)").fill("Prueba")
    writer.get_by_role("button", name="Guardar nota").click()
    expect(writer.get_by_text("Nota guardada.")).to_be_visible()
    expect(writer.get_by_label("Nota nueva")).to_have_value("")
    expect(
        reader.get_by_role("list", name="Notas, la más reciente primero").get_by_text(text)
    ).to_be_visible()


def test_an_empty_note_is_not_saved(open_page: OpenPage) -> None:
    page = open_page(SIMULATED).page
    page.get_by_role("button", name="Guardar nota").click()
    expect(page.get_by_text("Escribe algo antes de guardar.")).to_be_visible()


def test_the_page_says_when_the_lab_is_gone_and_comes_back_by_itself(open_page: OpenPage) -> None:
    watched = open_page(SIMULATED)
    device = DevicePage(watched.page)
    device.expect_live()
    watched.page.context.set_offline(True)
    # Chromium keeps open sockets alive when offline: the page has to notice that nothing comes.
    device.page.evaluate("dispatchEvent(new Event('offline'))")
    watched.page.context.set_offline(False)
    device.expect_live()
    watched.forget_complaints()
