"""Canaille's own commands, in the running container: python3 -m remlab_auth.command get user."""

from canaille.commands import cli

if __name__ == "__main__":
    cli()
