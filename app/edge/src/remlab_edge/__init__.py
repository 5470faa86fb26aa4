"""Entry point of the front door. Its configuration is made on the host, so that it changes in place."""
