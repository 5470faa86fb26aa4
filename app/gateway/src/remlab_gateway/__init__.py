"""WebSocket server for the lab's devices; bridges them to the bus."""
