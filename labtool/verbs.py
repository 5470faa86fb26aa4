"""The verbs of `./lab`: what each is for and which program it becomes."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from labtool import environment, locks
from labtool.errors import LabError
from labtool.paths import DEPLOY_LOCK, ROOT, TEST_LOCK, VENV
from labtool.privilege import sudo_password

_OLDEST, _NEWEST = (3, 11), (3, 13)


class Request(NamedTuple):
    """One call: the inventory (None: the one of ansible.cfg) and everything to pass on."""

    inventory: str | None
    rest: list[str]


class Verb(NamedTuple):
    """A verb of the command line."""

    help: str
    run: Callable[[Request], int]


def main(arguments: Sequence[str]) -> int:
    """Run `./lab` with the arguments after its name; the result is the exit code."""
    try:
        if not _OLDEST <= sys.version_info[:2] <= _NEWEST:
            raise LabError(f"Python {sys.version.split()[0]} is not supported; try: python3.13 ./lab …")
        if not arguments or arguments[0] in {"-h", "--help", "help"}:
            print(_overview())
            return 0
        name, *rest = arguments
        if name not in VERBS:
            raise LabError(f"There is no verb {name}.\n\n{_overview()}")
        return VERBS[name].run(_request(name, rest))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: stopped; run the same command again to go on", file=sys.stderr)
        return 130


def _overview() -> str:
    lines = [f"  {name:<14}{verb.help}" for name, verb in VERBS.items()]
    return "\n".join(
        [
            "usage: ./lab VERB [-i INVENTORY] [more, passed on to the tool behind it]",
            "",
            *lines,
            "",
            "Without -i the lab is this machine (inventory/local.yml).",
        ]
    )


def _request(verb: str, arguments: Sequence[str]) -> Request:
    parser = argparse.ArgumentParser(prog=f"./lab {verb}", description=VERBS[verb].help, allow_abbrev=False)
    parser.add_argument("-i", "--inventory", help="inventory file (default: inventory/local.yml)")
    parsed, rest = parser.parse_known_args(arguments)
    inventory = parsed.inventory
    # A trailing comma marks a list of hosts, not a file.
    if inventory is not None and "," not in inventory:
        path = Path(inventory).resolve()
        if not path.exists():
            raise LabError(f"There is no inventory {inventory}.")
        inventory = str(path)
    return Request(inventory, rest)


def _become(program: str, arguments: Sequence[str], *, extra: dict[str, str] | None = None) -> NoReturn:
    """Turn into a program of `.venv`, so that signals and the exit code are its own."""
    os.chdir(ROOT)
    variables = environment.tool_environment() | (extra or {})
    os.execve(VENV / "bin" / program, [program, *arguments], variables)  # noqa: S606 no shell needed


def _playbook(request: Request, playbook: str, *options: str, plain: bool = False) -> NoReturn:
    environment.prepare(DEPLOY_LOCK)
    arguments = [playbook, *options, *request.rest]
    if request.inventory is not None:
        arguments += ["-i", request.inventory]
    elif (password := sudo_password()) is not None:
        arguments.append("--become-password-file=-")
        _feed_standard_input(password)
    _become("ansible-playbook", arguments, extra={"ANSIBLE_STDOUT_CALLBACK": "plain"} if plain else None)


def _feed_standard_input(text: str) -> None:
    """Let the program that we become read `text`, which thus stands in no file and no process list."""
    reading, writing = os.pipe()
    os.write(writing, text.encode() + b"\n")
    os.close(writing)
    os.dup2(reading, 0)


def _harness(request: Request, *words: str) -> NoReturn:
    environment.prepare(TEST_LOCK)
    options = [] if request.inventory is None else ["--inventory", request.inventory]
    _become("python", ["-m", "labtool.harness", *words, *options, *request.rest])


def _deploy(request: Request) -> NoReturn:
    """Deploy; with --prove while a load goes through the front door (docs/prove.md).

    With --new-swarm a Swarm whose managers are lost for good is built anew (docs/fleet.md).
    """
    request = _with_new_swarm(request)
    modes: dict[str, list[str]] = {"--prove": [], "--prove=reads": ["--reads-only"]}
    asked = [word for word in request.rest if word.startswith("--prove")]
    if not asked:
        _playbook(request, "site.yml")
    if asked[0] not in modes:
        raise LabError(f"There is no {asked[0]}; there are --prove and --prove=reads.")
    environment.prepare(TEST_LOCK)
    arguments = [*modes[asked[0]], *(word for word in request.rest if word not in modes)]
    if request.inventory is not None:
        arguments += ["--inventory", request.inventory]
    elif (password := sudo_password()) is not None:
        arguments.append("--become-password-file=-")
        _feed_standard_input(password)
    _become("python", ["-m", "labtool.prove", *arguments])


def _plan(request: Request) -> NoReturn:
    _playbook(_with_new_swarm(request), "site.yml", "--check", "--diff")


def _with_new_swarm(request: Request) -> Request:
    rest = [word for word in request.rest if word != "--new-swarm"]
    asked = ["-e", "{lab_new_swarm: true}"] if len(rest) < len(request.rest) else []
    return request._replace(rest=[*asked, *rest])


def _logs(request: Request) -> NoReturn:
    if not request.rest or request.rest[0].startswith("-"):
        raise LabError("Of which service? ./lab logs SERVICE; ./lab status lists them.")
    service, *rest = request.rest
    _playbook(
        request._replace(rest=rest), "playbooks/logs.yml", "-e", f"status_logs_of={service}", plain=True
    )


def _teardown(request: Request) -> NoReturn:
    keep = "--keep-data" in request.rest
    sure = "--yes" in request.rest
    rest = [word for word in request.rest if word not in {"--keep-data", "--yes"}]
    what = "the services; data and secrets are kept" if keep else "the services, their data and secrets"
    where = request.inventory or "this machine"
    print(f"This removes the lab of {where}: {what}. Docker itself stays installed.")
    if not sure:
        if not sys.stdin.isatty():
            raise LabError("Nothing was removed: nobody is there to ask. Add --yes if you mean it.")
        if input("Type yes to go on: ").strip().lower() not in {"yes", "y"}:
            raise LabError("Nothing was removed.")
    option = f"teardown_keep_data={str(keep).lower()}"
    _playbook(request._replace(rest=rest), "playbooks/teardown.yml", "-e", f"{{{option.replace('=', ': ')}}}")


def _prune(request: Request) -> NoReturn:
    rest = [word for word in request.rest if word != "--yes"]
    remove = str("--yes" in request.rest).lower()
    _playbook(
        request._replace(rest=rest), "playbooks/prune.yml", "-e", f"{{retired_remove: {remove}}}", plain=True
    )


def _lock(request: Request) -> int:
    environment.prepare(DEPLOY_LOCK)
    return locks.remake(upgrade="--upgrade" in request.rest)


VERBS: dict[str, Verb] = {
    "deploy": Verb(
        "bring the lab to what the inventory says; --prove watches it meanwhile, --new-swarm replaces lost managers",
        _deploy,
    ),
    "plan": Verb("show what deploy would change, also with --new-swarm; change nothing", _plan),
    "doctor": Verb(
        "look at every host and at the network between each two; deploy nothing",
        lambda r: _playbook(r, "playbooks/doctor.yml", plain=True),
    ),
    "status": Verb(
        "show what runs where, in which version",
        lambda r: _playbook(r, "playbooks/status.yml", plain=True),
    ),
    "logs": Verb("show the last log lines of a service: logs SERVICE", _logs),
    "verify": Verb("ask the running lab whether it works; moves nothing", lambda r: _harness(r, "verify")),
    "check": Verb("look at the source with every linter", lambda r: _harness(r, "check")),
    "test": Verb("run every test suite, on hosts that it makes itself", lambda r: _harness(r, "test")),
    "bench": Verb("measure, each figure against a named peer", lambda r: _harness(r, "bench")),
    "prune": Verb("show data that moves left behind; --yes removes it for good", _prune),
    "teardown": Verb("remove the lab; asks first, --keep-data keeps its data; leaves Docker", _teardown),
    "lock": Verb("for developers: remake every lock file, --upgrade for newer packages", _lock),
}
