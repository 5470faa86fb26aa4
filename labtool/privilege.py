"""Root on this machine: as root nothing is asked, else sudo's password once."""

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache

from labtool.errors import LabError


@cache
def sudo_password() -> str | None:
    """Sudo's password, asked for at most once in a run; None where none is needed.

    Raises LabError when this is not root and there is no sudo, or nobody to ask.
    """
    if os.geteuid() == 0:
        return None
    if shutil.which("sudo") is None:
        raise LabError("This needs root, and there is no sudo here. Run the same command as root.")
    # -k: a ticket of another command may run out in the middle of a deploy, so it does not count.
    if subprocess.run(["sudo", "-k", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return None
    if not sys.stdin.isatty():
        raise LabError("This needs root: sudo asks for a password here, and there is no terminal to ask on.")
    return getpass.getpass("Password of sudo on this machine: ")


def as_root(command: Sequence[str]) -> tuple[list[str], str | None]:
    """The command that runs `command` as root, and what it has to read on its standard input."""
    if os.geteuid() == 0:
        return list(command), None
    password = sudo_password()
    if password is None:
        return ["sudo", "-n", *command], None
    return ["sudo", "-S", "-p", "", *command], password + "\n"
