"""Socket.IO: telemetry and status to pages, commands from them."""
