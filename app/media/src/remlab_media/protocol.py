"""The WebSocket protocol of uvicorn, but for peers that stopped reading."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class AbortingWebSocket(WebSocketsSansIOProtocol):
    """Cuts a connection whose end the peer would never read.

    asyncio closes a connection only once everything written has been sent. A stalled browser
    never takes it, so the socket and its buffer would stay for as long as its host answers.
    """

    async def run_asgi(self) -> None:
        """Run the application; afterwards do not wait for a peer that does not read."""
        await super().run_asgi()
        if not self.writable.is_set():
            self.transport.abort()

    def shutdown(self) -> None:
        """Say goodbye (1012, service restart), except to a peer that does not read."""
        super().shutdown()
        if not self.writable.is_set():
            self.transport.abort()
