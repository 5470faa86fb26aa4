"""Moves of a fleet's services under load: how long they take, what fails, who waits and for how long.

Each move edits a copy of the fleet's inventory, which goes on from move to move, and runs `site.yml` while the
load of `tests/load` goes through the front door. The fleet is deployed as it is first and left where the moves
lead. Without a fleet nothing can be measured, and the benchmark fails.

    ./lab bench moves --fleet inventory/campus.yml --move stateless:backend=b --move gateway:gateway=b
        --move database:database=b --move 'site:*=b,-a' [--fill-mb 1000] [--name-file FILE] [--peer]

A move is KIND:EDIT,EDIT…; its kind decides load and aims (AIMS below). An edit is group=host, group=host+host,
*=host (every group) or -host (taken out of the inventory). --fill-mb puts so much into a table of its own in
the backend's database first. --peer moves the first replica of each stateless move's service by hand as well:
by Docker's own `docker service update` with its default order (stop-first) and a new constraint. Draining the
host would be the other way of Docker's own; it is not used, since it stops everything else on that host too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.infra.deployment import Deployment, describe  # noqa: E402
from tests.load.beside import Verdict, beside  # noqa: E402
from tests.moves.aim import Aim, load_arguments  # noqa: E402
from tests.moves.database import Database  # noqa: E402
from tests.moves.derived_inventory import DerivedInventory, Edit  # noqa: E402

TAIL_CHARACTERS = 3000
FILL_TABLE = "bench_fill"


AIMS = {
    "stateless": Aim(reads=300, writes=0, run_seconds=25, request_seconds=1, silence_seconds=7),
    "gateway": Aim(reads=100, writes=0, run_seconds=60, request_seconds=1, silence_seconds=7),
    "database": Aim(reads=100, writes=100, run_seconds=120, request_seconds=4, silence_seconds=7),
    "site": Aim(reads=100, writes=100, run_seconds=150, request_seconds=4, silence_seconds=10),
}


@dataclass(frozen=True)
class Move:
    """A named list of edits."""

    kind: str
    edits: tuple[Edit, ...]
    text: str

    @classmethod
    def parse(cls, text: str) -> Move:
        kind, _, edits = text.partition(":")
        if kind not in AIMS or not edits:
            raise argparse.ArgumentTypeError(f"{text}: a move is KIND:EDIT,…; kinds: {', '.join(AIMS)}")
        try:
            return cls(kind, tuple(Edit.parse(one) for one in edits.split(",")), edits)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    name: str
    seconds: float
    verdict: Verdict
    aim: Aim

    @property
    def met(self) -> bool:
        return self.verdict.good and self.seconds <= self.aim.run_seconds

    def line(self) -> str:
        figures = self.verdict.figures
        requests, rows = figures["requests"], figures["rows"]
        silences = {
            what: max(
                (s["longest_silence_seconds"] for s in figures["sources"] if s["what"] == what), default=0
            )
            for what in ("signals", "devices", "camera")
        }
        lost = "–" if rows is None else f"{len(rows['lost'])} / {len(rows['doubled'])}"
        written = "–" if rows is None else f"{rows['acknowledged']:,}"
        cut = sum(not close["proper"] for one in figures["sources"] for close in one["closes"])
        return (
            f"| {self.name} | {self.seconds:.1f} ({self.aim.run_seconds:g}) | {requests['sent']:,} "
            f"| {requests['failed']} | {max((s['seconds'] for s in requests['slowest']), default=0):.2f} "
            f"({self.aim.request_seconds:g}) | {written} | {lost} | {silences['signals']:.1f} "
            f"| {silences['devices']:.1f} | {silences['camera']:.1f} | {cut} "
            f"| {figures['generator']['cpu_share']:.0%} | {'yes' if self.met else 'NO'} |"
        )


HEAD = (
    "| move | run s (aim) | requests | failed | slowest s (aim) | rows | lost / doubled | silence of signals s "
    "| of devices s | of camera s | sockets cut | CPU of the load | met |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|"
)


class Bench:
    """One run over a fleet."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.lab: Deployment = describe(options.fleet)
        copy = options.fleet.with_name(f"{options.fleet.stem}-moves-{os.getpid()}.local.yml")
        self.fleet = DerivedInventory(options.fleet, tuple(self.lab.lab["services"]), copy)

    def run(self) -> list[Result]:
        results = []
        self.fleet.write()
        try:
            self._deploy({})
            if self.options.fill_mb:
                self._database.fill(self.options.fill_mb, FILL_TABLE)
            for move in self.options.move:
                if self.options.peer and move.kind == "stateless":
                    results.append(self._peer(move))
                results.append(self._move(move))
            if self.options.fill_mb:
                self._database.empty(FILL_TABLE)
        finally:
            self.fleet.remove()
        return results

    def _move(self, move: Move) -> Result:
        aim = AIMS[move.kind]
        for edit in move.edits:
            self.fleet.apply(edit)
        self.fleet.write()
        with beside(self._load(aim)) as load:
            seconds = self._deploy(load.environment())
            verdict = load.finish()
        print(f"\n### {move.kind}: {move.text}\n\n{verdict.text}", flush=True)
        overlap = self.options.overlap_seconds if move.kind == "site" else 0.0
        return Result(f"{move.kind}: {move.text}", seconds - overlap, verdict, aim)

    def _peer(self, move: Move) -> Result:
        """Docker's own way with the same service, and back where it was."""
        edit, aim = move.edits[0], AIMS[move.kind]
        assert edit.group is not None
        before, after, name = self.fleet.hosts(edit.group)[0], edit.hosts[0], f"{edit.group}-1"
        with beside(self._load(aim)) as load:
            seconds = self._update(name, before, after)
            verdict = load.finish()
        print(f"\n### docker service update {name}, {before} → {after}\n\n{verdict.text}", flush=True)
        self._update(name, after, before)
        self._deploy({})
        return Result(f"peer, docker service update: {name} {before} → {after}", seconds, verdict, aim)

    def _load(self, aim: Aim) -> list[str]:
        return load_arguments(self.lab, aim, name_file=self.options.name_file)

    def _deploy(self, variables: dict[str, str]) -> float:
        """Seconds that `site.yml` took. Ends the benchmark if it fails."""
        return self._ansible(["ansible-playbook", "site.yml", *self.options.extra], variables)[0]

    def _update(self, name: str, before: str, after: str) -> float:
        """`docker service update` on a manager: the seconds it took."""
        old, new = (
            f"$(docker node ls --quiet --filter node.label=remlab.host={one})" for one in (before, after)
        )
        script = (
            "docker service update --quiet --update-order stop-first "
            f"--constraint-rm node.id=={old} --constraint-add node.id=={new} {name}"
        )
        return self._shell("manager[0]", script)

    @property
    def _database(self) -> Database:
        return Database(self.lab.hosts[self.fleet.hosts("database")[0]])

    def _shell(self, hosts: str, script: str) -> float:
        """Run a script as root on a host of the fleet; seconds."""
        return self._ansible(["ansible", hosts, "--become", "-m", "ansible.builtin.shell", "-a", script], {})[
            0
        ]

    def _ansible(self, command: list[str], variables: dict[str, str]) -> tuple[float, str]:
        began = time.perf_counter()
        program, *arguments = command
        done = subprocess.run(
            [str(Path(sys.executable).parent / program), "-i", str(self.fleet.path), *arguments],
            cwd=ROOT,
            env=os.environ
            | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
            | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-TAIL_CHARACTERS:]}")
        return time.perf_counter() - began, done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fleet", type=Path, help="inventory of a fleet that may be moved about")
    parser.add_argument("--move", type=Move.parse, action="append", default=[], help="KIND:EDIT,EDIT…")
    parser.add_argument("--fill-mb", type=int, default=0, help="size of a table in the database, first")
    parser.add_argument("--name-file", type=Path, help="file that the DNS hook writes: 'address port'")
    parser.add_argument(
        "--overlap-seconds", type=float, default=0, help="of the front door; left out of site's time"
    )
    parser.add_argument("--peer", action="store_true", help="move by docker service update too")
    parser.add_argument("--result", type=Path, help="JSON file for all figures")
    parser.add_argument("extra", nargs="*", help="after --: more for ansible-playbook")
    options = parser.parse_args()
    if options.fleet is None or not options.move:
        print("Not measured: moves need a fleet and moves, --fleet INVENTORY --move KIND:EDIT (see --help).")
        return 1
    options.fleet = options.fleet.resolve()
    results = Bench(options).run()
    print(f"\n{HEAD}")
    for result in results:
        print(result.line())
    if options.result is not None:
        figures = [{"move": one.name, "run_seconds": one.seconds, **one.verdict.figures} for one in results]
        options.result.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0 if all(one.met for one in results if not one.name.startswith("peer")) else 1


if __name__ == "__main__":
    sys.exit(main())
