from tests.servers.nats import nats_server

__all__ = ["nats_server"]
