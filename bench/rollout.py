"""A one-line change of the backend under load: how long it takes, what fails, what else is touched.

Works on a copy of the repository. While `site.yml` runs from there, a client asks the front door 100 times a
second and a WebSocket to the media service stays open. A run without any change comes first. At the end the
repository's own backend is deployed again.

    ./lab bench rollout [--inventory inventory/local.yml]

Fails if a run without change takes 20 s or restarts anything, the rollout takes 45 s, a request fails, the
WebSocket is cut, or a container of another service is replaced.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import docker

ROOT = Path(__file__).resolve().parent.parent
PERIOD_SECONDS = 0.01
REQUEST_TIMEOUT_SECONDS = 30
UNCHANGED_SECONDS, ROLLOUT_SECONDS = 20.0, 45.0
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".cache", "node_modules", "dist", "__pycache__")


@dataclass
class Load:
    """What the client saw."""

    answered: int = 0
    failed: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    socket_open: bool = False


def started() -> dict[str, str]:
    """Service -> id of its container; another id means that it was replaced."""
    containers = docker.from_env().containers.list(filters={"label": "remlab.service"})
    return {one.labels["remlab.service"]: f"{one.id} {one.attrs['State']['StartedAt']}" for one in containers}


async def deploy(tree: Path, inventory: str) -> float:
    """Runs site.yml from a tree; returns the seconds it took."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / "ansible-playbook"), "site.yml", "-i", inventory),
        cwd=tree,
        env=os.environ | {"ANSIBLE_CONFIG": str(tree / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"the deploy failed:\n{output.decode(errors='replace')[-3000:]}")
    return time.perf_counter() - began


async def ask(session: aiohttp.ClientSession, url: str, load: Load) -> None:
    began = time.perf_counter()
    try:
        async with session.get(f"{url}/api/devices") as answer:
            await answer.read()
            if answer.status == 200:
                load.answered += 1
            else:
                load.failed.append(str(answer.status))
    except (aiohttp.ClientError, TimeoutError) as error:
        load.failed.append(repr(error))
    load.slowest_seconds = max(load.slowest_seconds, time.perf_counter() - began)


async def keep_asking(session: aiohttp.ClientSession, url: str, load: Load, ended: asyncio.Event) -> None:
    under_way: set[asyncio.Task[None]] = set()
    due = time.perf_counter()
    while not ended.is_set():
        task = asyncio.create_task(ask(session, url, load))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        due += PERIOD_SECONDS
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await asyncio.gather(*under_way)


async def watch_camera(session: aiohttp.ClientSession, url: str, load: Load, ended: asyncio.Event) -> None:
    async with session.get(f"{url}/media/cameras") as answer:
        camera = (await answer.json())[0]["id"]
    async with session.ws_connect(f"{url}/media/cameras/{camera}/stream") as socket:
        load.socket_open = True
        while not ended.is_set():
            message = await socket.receive(timeout=10)
            if message.type not in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
                load.socket_open = False
                return


async def roll_out(tree: Path, options: argparse.Namespace) -> tuple[Load, float]:
    """Changes one line of the backend and deploys that under load."""
    changed = tree / "app/backend/src/remlab_backend/__init__.py"
    changed.write_text(changed.read_text(encoding="utf-8") + f"\n# {time.time_ns()}\n", encoding="utf-8")
    load, ended = Load(), asyncio.Event()
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as asking, aiohttp.ClientSession() as watching:
        beside = [
            asyncio.create_task(keep_asking(asking, options.url, load, ended)),
            asyncio.create_task(watch_camera(watching, options.url, load, ended)),
        ]
        try:
            seconds = await deploy(tree, options.inventory)
        finally:
            ended.set()
            await asyncio.gather(*beside)
    return load, seconds


async def measure(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        await deploy(ROOT, options.inventory)
        before = started()
        unchanged = await deploy(ROOT, options.inventory)
        restarted = sorted(name for name, one in started().items() if before.get(name) != one)
        load, rollout = await roll_out(tree, options)
        replaced = sorted(name for name, one in started().items() if before.get(name) != one)
        await deploy(ROOT, options.inventory)
    print("| run | seconds | replaced | answered | failed | slowest s | WebSocket to media |")
    print("|---|---|---|---|---|---|---|")
    print(f"| no change | {unchanged:.1f} | {', '.join(restarted) or 'none'} | – | – | – | – |")
    print(
        f"| one line of the backend | {rollout:.1f} | {', '.join(replaced)} | {load.answered} | {len(load.failed)} "
        f"| {load.slowest_seconds:.2f} | {'open' if load.socket_open else 'cut'} |"
    )
    for failure in sorted(set(load.failed)):
        print(f"failed: {failure}")
    kept = not restarted and replaced == ["backend"] and load.socket_open and not load.failed
    return 0 if kept and unchanged < UNCHANGED_SECONDS and rollout < ROLLOUT_SECONDS else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://localhost:8080", help="the front door")
    parser.add_argument("--inventory", "-i", default=str(ROOT / "inventory/local.yml"))
    return asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
