"""One run of the planner on a manager: look, prepare, plan, apply, tidy up."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from . import guards, jobs, leftovers, planner, release
from .apply import Applier, Report
from .engine import Engine, EngineAbsent, RegistryLogin
from .engine_spec import Surroundings, differences, engine_spec, secret_version
from .observe import observe
from .planner import Step, StepFailed
from .progress import Progress
from .state import DesiredService, Image, Observed, ObservedReplica

LOCK_FILE = Path("/run/remlab/stack.lock")
_LOCK_POLL_SECONDS = 0.5
_GUARD_SECONDS = 60


class StackError(RuntimeError):
    """The run cannot go on; says what to do."""


def run_lock(timeout_seconds: float, path: Path = LOCK_FILE) -> IO[str]:
    """Waits until no other run changes the Swarm from this host.

    The controller of a run may be killed while its module goes on here; the kernel gives the
    lock back as soon as that ends, however it ends.

    :raises StackError: another run is still at work after the time-out.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                file.close()
                raise StackError(
                    f"another run has been changing the services for {timeout_seconds:.0f} s; "
                    "nothing was changed by this one; run again when that has ended"
                ) from None
            time.sleep(_LOCK_POLL_SECONDS)
        else:
            return file


def refuse_strangers(desired: Mapping[str, DesiredService], members: Collection[str]) -> None:
    """Refuses to place a service on a host that is not in the Swarm.

    The engine would keep such a task pending, without an error and for ever.

    :param members: the inventory's names of the Swarm's hosts.
    :raises StackError: names each such host and its groups.
    """
    groups: dict[str, list[str]] = {}
    for service in desired.values():
        for host in service.hosts:
            if host not in members:
                groups.setdefault(host, []).append(service.name)
    if groups:
        named = "; ".join(f"{host} (group {', '.join(names)})" for host, names in sorted(groups.items()))
        raise StackError(
            f"not in the laboratory's Swarm: {named}. Its hosts are {', '.join(sorted(members))}, and only on these "
            "can services run: put one of them into these groups. Nothing was changed"
        )


class Stack:
    """Holds what one run needs to know; ``plan`` first, then ``apply``."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self.changed = False
        self._desired = {
            name: DesiredService(
                name=name,
                hosts=tuple(service["hosts"]),
                image=Image(service["image"]["tag"], service["image"].get("reference", "")),
                spec=service["spec"],
            )
            for name, service in params["services"].items()
        }
        self._engine: Engine | None = None
        self._observed = Observed()
        self._around = Surroundings(params["project"])
        # Held until this process ends.
        self._lock: IO[str] | None = None

    def plan(self, *, check: bool) -> list[Step]:
        """Looks at the Swarm, makes network and secrets ready (not in check mode) and plans.

        :raises StackError: without a Swarm outside check mode, or while another run is at work.
        """
        if not check:
            self._lock = run_lock(self._params["timeout_seconds"])
        try:
            self._engine = Engine(self._params["project"])
            if not (check and self._params["rebuilds"] and self._in_lost_swarm(self._engine)):
                self._observed = observe(self._engine).with_sizes(
                    self._params["volume_bytes"], self._params["free_bytes"]
                )
            else:
                self._observed = Observed(engine=True)
        except EngineAbsent as error:
            if not check:
                raise StackError(str(error)) from error
        if self._engine is not None and self._observed.swarm:
            self._around = self._surroundings(self._engine, check=check)
        elif not check:
            raise StackError("this host is not part of a Swarm; run site.yml, which makes one")
        self._observed = self._with_data(self._observed)
        steps = self._planned({})
        driven = self._driven(steps)
        return self._planned(driven) if driven else steps

    def _planned(self, driven: Mapping[str, str]) -> list[Step]:
        return planner.plan(
            self._desired,
            self._observed,
            manager=self._params["manager"],
            order=self._params["order"],
            differ=self._differ,
            allow_remove=self._params["allow_remove"],
            only=self._params["only"],
            driven=driven,
            move_while_driving=self._params["move_while_driving"],
        )

    def _driven(self, steps: Sequence[Step]) -> dict[str, str]:
        """Device -> how it is driven, if a step moves a service that has a guard.

        :raises StackError: nobody can tell, and it matters.
        """
        moving = {step.service for step in steps if step.kind == planner.MOVE}
        guarded = [name for name in sorted(moving) if self._desired[name].spec["guard"]]
        driven: dict[str, str] = {}
        for name in guarded:
            spec = guards.job(self._desired[name], "look", self._desired, self._observed, self._around)
            if spec is None or self._engine is None:
                continue  # Nobody drives anything without the service that is asked.
            try:
                driven |= guards.answer(jobs.run(self._engine, spec, self._login(), _GUARD_SECONDS))
            except jobs.JobFailed as error:
                if not self._params["move_while_driving"]:
                    raise StackError(
                        f"{name} is to move, and whether somebody drives a device cannot be told; nothing was moved. "
                        f"Mend that, or set lab_move_while_driving: true.\n{error}"
                    ) from error
        return driven

    @staticmethod
    def _in_lost_swarm(engine: Engine) -> bool:
        return not engine.swarm().get("ControlAvailable") or not engine.leads()

    def _with_data(self, observed: Observed) -> Observed:
        """With the data on which services start that the Swarm does not have.

        :raises StackError: it cannot be told which data is the current one.
        """
        if not self._params["leftovers"]:
            return observed
        found, errors = leftovers.with_data(
            observed,
            {name: {"hosts": one.hosts, "spec": one.spec} for name, one in self._desired.items()},
            self._params["leftovers"],
            adopt=self._params["adopt"],
            allow_remove=self._params["allow_remove"],
            lost=self._params["rebuilds"],
        )
        if errors:
            raise StackError("\n".join(["No service was changed.", *errors]))
        return found

    def _differ(self, service: DesiredService, replica: ObservedReplica) -> Sequence[str]:
        wanted = engine_spec(service, replica.number, replica.host, self._around, replica.volumes)
        return differences(service, wanted, replica)

    def apply(self, steps: Sequence[Step]) -> Report:
        """Does the steps.

        :returns: what was done.
        :raises StackError: a step failed; what was done before it stands in the message.
        """
        assert self._engine is not None  # plan() came first
        with Progress() as progress:
            applier = Applier(
                engine=self._engine,
                desired=self._desired,
                observed=self._observed,
                around=self._around,
                login=self._login(),
                timeout_seconds=self._params["timeout_seconds"],
                tell=progress.tell,
                make_safe=self._params["move_while_driving"],
                secret=lambda name: (self._read_secret(name) or b"").decode(),
            )
            try:
                report = applier.run(steps)
            except StepFailed as error:
                done = "\n".join(f"done before: {line}" for line in applier.report.lines)
                raise StackError(f"{error}\n{done}".rstrip()) from error
        if not self._params["only"]:
            self._prune_secrets(self._engine)
        return report

    def release(self, steps: Sequence[Step]) -> dict[str, Any]:
        """Records this deploy as a release if it changed something; returns the newest."""
        return release.record(
            Path(self._params["releases_folder"]),
            self.placed(steps),
            {name: version for name, (version, _) in self._around.secrets.items()},
            anew=any(step.changes for step in steps),
        )

    def placed(self, steps: Sequence[Step]) -> list[dict[str, str]]:
        """What runs where once these steps, this stack's plan, have come true."""
        numbers = {(r.service, r.host): r.number for r in self._observed.replicas}
        numbers |= {(step.service, step.host): step.number for step in steps if step.number}
        return [
            {
                "name": name,
                "replica": f"{name}-{numbers.get((name, host), index)}",
                "host": host,
                "image_tag": service.image.short,
                "reference": service.image.reference,
                "summary": str(service.spec["summary"]),
            }
            for name, service in sorted(self._desired.items())
            for index, host in enumerate(service.hosts, start=1)
        ]

    def _surroundings(self, engine: Engine, *, check: bool) -> Surroundings:
        node_ids = {
            node["Spec"]["Labels"]["remlab.host"]: node["ID"]
            for node in engine.nodes()
            if "remlab.host" in (node["Spec"].get("Labels") or {})
        }
        if not check:
            refuse_strangers(self._desired, node_ids)
        return Surroundings(
            project=self._params["project"],
            network_id=self._network(engine, check=check),
            node_ids=node_ids,
            secrets=self._secrets(engine, check=check),
            service_list=json.dumps(
                [
                    {"name": name, "summary": service.spec["summary"], "probe": service.spec["probe"]}
                    for name, service in sorted(self._desired.items())
                ],
                ensure_ascii=False,
            ),
        )

    def _network(self, engine: Engine, *, check: bool) -> str:
        wanted = self._params["network"]
        found = engine.network(wanted["name"])
        if found is not None:
            return str(found["Id"])
        if check:
            return ""
        self.changed = True
        return engine.create_network(wanted["name"], int(wanted["mtu"]), wanted["subnet"])

    def _secrets(self, engine: Engine, *, check: bool) -> dict[str, tuple[str, str]]:
        """Puts each secret that a service mounts into the Swarm, under a name that tells its value apart."""
        known = {secret["Spec"]["Name"]: secret["ID"] for secret in engine.secrets()}
        found = {}
        for name in sorted(
            {secret for service in self._desired.values() for secret in service.spec["secrets"]}
        ):
            value = self._read_secret(name)
            if value is None and check:
                continue
            if value is None:
                raise StackError(
                    f"secret {name} is not in {self._params['secrets_folder']}; no service generates it"
                )
            version = secret_version(name, value)
            if version not in known and not check:
                known[version] = engine.create_secret(version, value, name)
                self.changed = True
            found[name] = (version, known.get(version, ""))
        return found

    def _read_secret(self, name: str) -> bytes | None:
        try:
            return (Path(self._params["secrets_folder"]) / name).read_bytes()
        except FileNotFoundError:
            return None

    def _login(self) -> RegistryLogin:
        registry = self._params["registry"]
        password = (self._read_secret(registry["password_secret"]) or b"").decode()
        return RegistryLogin(registry["server"], registry["username"], password)

    def _prune_secrets(self, engine: Engine) -> None:
        """Removes versions that no service mounts any more; the engine refuses those in use."""
        wanted = {version for version, _ in self._around.secrets.values()}
        for secret in engine.secrets():
            if secret["Spec"]["Name"] not in wanted:
                engine.remove_secret(secret["ID"])
