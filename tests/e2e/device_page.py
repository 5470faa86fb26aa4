"""The page of an aeropendulum as a person meets it: by roles and labels, in Spanish."""

import re

from playwright.sync_api import Locator, Page, expect

SIMULATED = "/labs/aeropendulo/sim_aeropendulo"
REAL = "/labs/aeropendulo/rem_aeropendulo"

# 64×36 grey values of the picture that the video shows now.
THUMBNAIL = """video => {
  const canvas = new OffscreenCanvas(64, 36);
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 64, 36);
  return Array.from(context.getImageData(0, 0, 64, 36).data.filter((_, index) => index % 4 === 1));
}"""
CANVASES = "figures => figures.map(figure => figure.querySelector('canvas').toDataURL()).join()"


class DevicePage:
    """What a student does and sees on the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.controls = page.get_by_role("region", name="Mando")
        self.plots = page.get_by_role("img", name="Señales", exact=True)
        self.summary = page.get_by_test_id("signals-summary")
        self.camera = page.locator("figure[data-camera]").first

    def button(self, name: str) -> Locator:
        return self.controls.get_by_role("button", name=name, exact=True)

    def gain(self, name: str) -> Locator:
        return self.controls.get_by_role("textbox", name=name, exact=True)

    def mode(self, name: str) -> Locator:
        return self.controls.get_by_role("radio", name=re.compile(f"^{name}"))

    def expect_state(self, words: str) -> None:
        """The state stands in the head of the page, in words."""
        expect(
            self.page.get_by_role("main").get_by_role("status").filter(has_text="Estado:")
        ).to_contain_text(words)

    def set_gain(self, name: str, text: str) -> None:
        self.gain(name).fill(text)
        self.gain(name).press("Enter")

    def feedback_of(self, name: str) -> Locator:
        """What became of the command of a number field."""
        field = self.page.get_by_role("textbox", name=name, exact=True)
        return self.controls.locator("form").filter(has=field).get_by_role("status")

    def to_standby(self) -> None:
        """Powers the device off, whatever it was doing."""
        self.expect_live()
        off = self.button("Apagar")
        if off.get_attribute("aria-disabled") == "false":
            off.click()
        self.expect_state("En espera")

    def expect_live(self) -> None:
        """Signals arrive and are fresh."""
        expect(
            self.page.get_by_role("region", name="Valores actuales").locator("[data-freshness=fresh]")
        ).to_be_visible()

    def sample_time_ms(self) -> int:
        """Server time of the newest sample that the plots have drawn."""
        return int(self.plots.get_attribute("data-last-sample-ms") or 0)

    def drawing(self) -> str:
        """The pixels of all plots."""
        return str(self.plots.locator("figure").evaluate_all(CANVASES))

    def pictures_shown(self) -> int:
        """How many camera pictures the browser has really shown."""
        return int(self.camera.locator("[data-pictures]").get_attribute("data-pictures") or 0)

    def thumbnail(self) -> list[int]:
        values: list[int] = self.camera.locator("video").evaluate(THUMBNAIL)
        return values

    def expect_picture(self) -> None:
        expect(self.camera).to_have_attribute("data-phase", "playing")


def difference(one: list[int], other: list[int]) -> float:
    """Mean difference of two thumbnails, in grey levels."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
