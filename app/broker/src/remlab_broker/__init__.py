"""Entry point of the lab's NATS server: who may say what on the bus."""
