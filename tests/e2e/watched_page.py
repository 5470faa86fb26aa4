"""A browser page that notes what it should not do: ask strangers, or complain on the console."""

from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page, Request, WebSocket

LOCAL_SCHEMES = ("data", "blob", "about")


class WatchedPage:
    """Wraps a page and its observations; `page` is Playwright's own."""

    def __init__(self, page: Page, lab_url: str) -> None:
        self.page = page
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        self._host = urlsplit(lab_url).netloc
        page.on("request", self._note_request)
        page.on("websocket", self._note_socket)
        page.on("console", self._note_console)
        page.on("pageerror", self._note_error)

    def assert_clean(self) -> None:
        """Fails when the page asked another host than the lab's or wrote an error to the console."""
        assert self.strangers == [], "requests to third parties"
        assert self.complaints == [], "errors on the console"

    def forget_complaints(self) -> None:
        """For stories that break something on purpose."""
        self.complaints.clear()

    def _note_request(self, request: Request) -> None:
        self._note_address(request.url)

    def _note_socket(self, socket: WebSocket) -> None:
        self._note_address(socket.url)

    def _note_address(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in LOCAL_SCHEMES and parts.netloc != self._host:
            self.strangers.append(address)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _note_error(self, error: Error) -> None:
        self.complaints.append(str(error))
