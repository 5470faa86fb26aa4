"""Entry point of the OpenID Connect provider: Canaille under /auth of the lab's own origin."""
