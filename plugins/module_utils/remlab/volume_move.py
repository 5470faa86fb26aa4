"""Copies the volumes of one replica to another host, through the Swarm alone.

A sender on the old host (the volume to be read only) and one receiver after the other on
the target, all one-shot jobs in the service's own image; what they do is
``remlab_launch.transfer``. Everything may be killed and begun again with the same names.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import jobs
from .engine import Engine, EngineRefused, RegistryLogin
from .engine_spec import Surroundings, one_shot_spec
from .jobs import Job, JobFailed
from .state import DesiredService, Image, ObservedReplica

_PASSWORD = "move_password"  # noqa: S105 - the secret's name
_MODULE = ["python3", "-m", "remlab_launch.transfer"]
_MOST_LIVE_PASSES = 3
_SHORT_PASS_SECONDS = 2.0
_LONG_PASS_SECONDS = 10.0
# A pass that took more than this part of the one before has stopped getting shorter.
_NO_GAIN = 0.7
# rsync(1): some files could not be read.
_PARTIAL = 23
# The receiver gives up by itself when nothing arrives, so this only bounds what nobody foresaw.
_PASS_SECONDS = 24 * 3600.0
_ANSWER_TRIES = 10


class MoveFailed(RuntimeError):
    """The copy did not come about; says between which hosts, and why."""


class VolumeMove:
    """The volumes of one replica on their way; ``clean`` ends it in any case.

    :param new_volumes: volume name in the service file -> name of the new volume on the target.
    :param timeout_seconds: how long a job may take to start.
    :param limit_kb: KiB per second for live passes; 0 is no limit.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        login: RegistryLogin | None,
        around: Surroundings,
        service: DesiredService,
        old: ObservedReplica,
        target: str,
        new_volumes: Mapping[str, str],
        timeout_seconds: float,
        tell: Callable[[str], None],
        limit_kb: int = 0,
    ) -> None:
        self._engine = engine
        self._login = login
        self._around = around
        self._service = service
        self._old = old
        self._target = target
        self._new_volumes = new_volumes
        self._timeout_seconds = timeout_seconds
        self._tell = tell
        self._limit_kb = limit_kb
        self._secret: tuple[str, str] | None = None
        # Volume name in the service file -> its sender and the sender's address.
        self._senders: dict[str, tuple[Job, str]] = {}

    def copy_live(self) -> dict[str, float]:
        """Copies while the service runs, until a pass is short or no shorter than the one before.

        :returns: bytes (of the volumes), bytes_sent, seconds (of all passes), and
            last_pass_seconds, about which the service will pause.
        :raises MoveFailed: nothing was stopped; the service runs on where it was.
        """
        sums = {"bytes": 0.0, "bytes_sent": 0.0, "seconds": 0.0, "last_pass_seconds": 0.0}
        for volume in self._new_volumes:
            passes = self._live_passes(volume)
            sums["bytes"] += passes[-1]["bytes_total"]
            sums["bytes_sent"] += sum(done["bytes_sent"] for done in passes)
            sums["seconds"] += sum(done["seconds"] for done in passes)
            sums["last_pass_seconds"] += passes[-1]["seconds"]
        if sums["last_pass_seconds"] > _LONG_PASS_SECONDS:
            self._tell(
                f"{self._old.name}: the last pass took {sums['last_pass_seconds']:.0f} s while the service ran, "
                "and it will pause for at least so long"
            )
        return sums

    def copy_final(self) -> dict[str, float]:
        """The last pass and the comparison of both sides; the old service has been stopped.

        :returns: bytes (of the volumes), bytes_sent and seconds.
        :raises MoveFailed: the copy is not whole; the old volume is.
        """
        return self._sums([self._receive(volume, "--final") for volume in self._new_volumes])

    def copy_overlapping(self) -> dict[str, float]:
        """In place of ``copy_live`` and ``copy_final`` where the old one goes on running.

        What it changes meanwhile may be missing in the copy, and is told.

        :returns: see ``copy_final``.
        :raises MoveFailed: the copy is not whole; the old service runs on where it was.
        """
        done = []
        for volume in self._new_volumes:
            done.append(self._receive(volume, "--final", "--overlap"))
            if changed := done[-1].get("changed_meanwhile"):
                self._tell(f"{self._old.name}: changed while it was copied: {changed}")
        return self._sums(done)

    def clean(self) -> None:
        """Removes jobs and secrets of this move, also those that a killed run left; may be repeated."""
        for service in self._engine.services():
            if (
                service["Spec"]["Name"].startswith(f"{self._prefix}-")
                and "remlab.job" in service["Spec"]["Labels"]
            ):
                self._engine.remove_service(service["ID"])
        for secret in self._engine.secrets():
            if (secret["Spec"].get("Labels") or {}).get("remlab.secret") == self._prefix:
                self._engine.remove_secret(secret["ID"])
        self._senders.clear()
        self._secret = None

    @property
    def _prefix(self) -> str:
        return f"{self._old.name}-move"

    @staticmethod
    def _sums(done: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        return {
            "bytes": float(sum(each["bytes_total"] for each in done)),
            "bytes_sent": float(sum(each["bytes_sent"] for each in done)),
            "seconds": float(sum(each["seconds"] + each["check_seconds"] for each in done)),
        }

    def _live_passes(self, volume: str) -> list[dict[str, Any]]:
        passes: list[dict[str, Any]] = []
        while len(passes) < _MOST_LIVE_PASSES:
            done = self._receive(volume, f"--limit-kb={self._limit_kb}")
            passes.append(done)
            self._tell(
                f"{self._old.name}: copied {volume}, {done['bytes_sent'] / 1e6:.1f} of "
                f"{done['bytes_total'] / 1e6:.1f} MB in {done['seconds']:.1f} s"
            )
            whole = done["exit_code"] != _PARTIAL
            if whole and (done["seconds"] < _SHORT_PASS_SECONDS or _no_gain(passes)):
                break
        if passes[-1]["exit_code"] == _PARTIAL:
            raise MoveFailed(f"{self._between(volume)} cannot be read in full:\n{passes[-1]['said']}")
        return passes

    def _receive(self, volume: str, *options: str) -> dict[str, Any]:
        """One pass; starts the sender if there is none or it has ended."""
        address = self._sender(volume)
        command = [
            *(*_MODULE, "receive", "--from", address, "--volume", self._path(volume)),
            *("--source", f"{self._old.volumes[volume]} on {self._old.host}", *options),
        ]
        job = self._start(
            self._target,
            f"receive-{volume}",
            command,
            {volume: self._new_volumes[volume]},
            self._service.image,
        )
        try:
            said = jobs.wait(self._engine, job, _PASS_SECONDS, each_second=self._refuse_lost_host)
            return self._answer(job, said)
        except JobFailed as error:
            # The sender's own words may name the cause, and a new one is started next time.
            sender, _ = self._senders.pop(volume)
            words = self._engine.service_log(sender.identifier, 5)
            jobs.remove(self._engine, sender)
            raise MoveFailed(
                f"{self._between(volume)} was not copied: {error}\nthe sender said:\n{words}"
            ) from error
        finally:
            jobs.remove(self._engine, job)

    def _sender(self, volume: str) -> str:
        """The address of a sender that runs.

        The image that runs there is on that host for certain; one from before there was any
        moving cannot send, and then the wanted image has to.

        :raises MoveFailed: none of the two starts.
        """
        if volume in self._senders:
            return self._senders[volume][1]
        command = [*_MODULE, "send", "--volume", self._path(volume)]
        running = self._old.engine_spec.get("TaskTemplate", {}).get("ContainerSpec", {}).get("Image", "")
        wanted = self._service.image
        images = [replace(wanted, reference=running)] if running and running != wanted.reference else []
        problem: JobFailed | None = None
        for image in [*images, wanted]:
            job = self._start(
                self._old.host,
                f"send-{volume}",
                command,
                {volume: self._old.volumes[volume]},
                image,
                read_only=True,
            )
            try:
                found = jobs.address(self._engine, job, self._timeout_seconds)
                # A program that is missing ends within a moment.
                time.sleep(1)
                self._senders[volume] = (job, jobs.address(self._engine, job, self._timeout_seconds))
            except JobFailed as error:
                problem = error
                jobs.remove(self._engine, job)
            else:
                return found
        raise MoveFailed(f"{self._between(volume)} was not copied: {problem}") from problem

    def _start(
        self,
        host: str,
        name: str,
        command: list[str],
        volumes: Mapping[str, str],
        image: Image,
        *,
        read_only: bool = False,
    ) -> Job:
        spec = one_shot_spec(
            replace(self._service, image=image),
            host,
            self._around,
            command=command,
            name=jobs.unique(f"{self._prefix}-{name}"),
            volumes=volumes,
            read_only_volumes=read_only,
            extra_secrets={_PASSWORD: self._password()},
        )
        container = spec["TaskTemplate"]["ContainerSpec"]
        # The service's own secrets are none of a copy's business.
        container["Secrets"] = [
            secret for secret in container["Secrets"] if secret["File"]["Name"] == _PASSWORD
        ]
        try:
            return jobs.start(self._engine, spec, self._login)
        except EngineRefused as error:
            raise MoveFailed(f"{spec['Name']} on {host} cannot be started: {error}") from error

    def _password(self) -> tuple[str, str]:
        """Made for this move alone."""
        if self._secret is None:
            name = f"{self._prefix}-{secrets.token_hex(6)}"
            value = secrets.token_urlsafe(32).encode()
            self._secret = (name, self._engine.create_secret(name, value, self._prefix))
        return self._secret

    def _answer(self, job: Job, said: str) -> dict[str, Any]:
        """The receiver's line of JSON; what a task wrote last arrives a moment after its end."""
        for _ in range(_ANSWER_TRIES):
            for line in reversed(said.splitlines()):
                if line.startswith("{"):
                    answer: dict[str, Any] = json.loads(line)
                    return answer
            time.sleep(0.3)
            said = self._engine.service_log(job.identifier, 20)
        raise JobFailed(f"{job.name} ended well and did not say what it copied; it wrote:\n{said}")

    def _refuse_lost_host(self) -> None:
        """A task on a host that is gone seems to run for a day.

        :raises JobFailed: one of the two hosts does not answer the Swarm any more.
        """
        ids = {self._around.node_ids.get(host): host for host in (self._old.host, self._target)}
        for node in self._engine.nodes():
            if node["ID"] in ids and node["Status"]["State"] == "down":
                raise JobFailed(f"{ids[node['ID']]} does not answer the Swarm any more")

    def _path(self, volume: str) -> str:
        return next(str(each["path"]) for each in self._service.spec["volumes"] if each["name"] == volume)

    def _between(self, volume: str) -> str:
        return f"volume {volume} of {self._old.name} ({self._old.host} → {self._target})"


def _no_gain(passes: Sequence[Mapping[str, Any]]) -> bool:
    return len(passes) > 1 and passes[-1]["seconds"] > _NO_GAIN * passes[-2]["seconds"]
