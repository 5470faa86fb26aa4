"""Requests per second for the page and its assets: the backend against plain FastAPI and nginx.

All three serve the same compressed build with one worker each, on loopback, one after the other, round by
round. wrk asks over 16 connections that stay open, as the front door does. The servers share one core and wrk
has another, where there are two. The answers are compared first: same status, same body.

    ./lab bench static_files [--seconds 3] [--rounds 3] [--dist frontend/dist]

Fails if the backend answers less than 15 times as often as plain FastAPI, or less often than nginx.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = 16
PLAIN_RATIO = 15.0
NGINX_RATIO = 1.0
START_SECONDS = 15.0
# Browsers ask for more, but this is what all three can send.
HEADERS = {"Accept-Encoding": "gzip"}

PLAIN_APP = """
import pathlib
import fastapi, fastapi.responses, fastapi.staticfiles

dist = pathlib.Path({dist!r})
app = fastapi.FastAPI()
app.mount("/assets", fastapi.staticfiles.StaticFiles(directory=dist / "assets"))


@app.get("/")
def index():
    return fastapi.responses.FileResponse(dist / "index.html")
"""

NGINX_CONFIGURATION = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  types {{ text/html html; text/javascript js; text/css css; image/svg+xml svg; }}
  access_log off;
  sendfile on;
  tcp_nopush on;
  gzip_static on;
  gzip_vary on;
  open_file_cache max=1000 inactive=60s;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {dist};
    location / {{ try_files $uri /index.html; add_header Cache-Control no-cache; }}
    location /assets/ {{ add_header Cache-Control "public, max-age=31536000, immutable"; }}
  }}
}}
"""


@dataclass(frozen=True)
class Peer:
    """A server under test."""

    name: str
    port: int
    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Row:
    """What one path gave: requests per second by peer."""

    path: str
    size_bytes: int
    rates: dict[str, float]

    def ratio(self, peer: str) -> float:
        """How many times as often as `peer` the backend answered."""
        return self.rates["backend"] / self.rates[peer]


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(source: Path, folder: Path) -> Path:
    """Copy the build and compress it as the backend's image does."""
    dist = folder / "dist"
    shutil.copytree(source, dist)
    script = ROOT / "app" / "backend" / "build" / "compress_dist.py"
    subprocess.run([sys.executable, str(script), str(dist)], check=True, stdout=subprocess.DEVNULL)
    for path in (folder, *folder.rglob("*")):  # nginx's worker is another user
        path.chmod(0o755 if path.is_dir() else 0o644)
    return dist


def peers(dist: Path, folder: Path) -> list[Peer]:
    """Return the three servers, each on a port of its own."""
    backend, plain, nginx = free_port(), free_port(), free_port()
    (folder / "plain_app.py").write_text(PLAIN_APP.format(dist=str(dist)), encoding="utf-8")
    configuration = folder / "nginx.conf"
    configuration.write_text(
        NGINX_CONFIGURATION.format(folder=folder, port=nginx, dist=dist), encoding="utf-8"
    )
    sources = [str(ROOT / "app" / "backend" / "src"), str(ROOT / "lib" / "common" / "src")]
    settings = {
        "BACKEND_HOST": "127.0.0.1",
        "BACKEND_PORT": str(backend),
        "BACKEND_DIST": str(dist),
        "BACKEND_BROKER_URL": "nats://127.0.0.1:9",
        "BACKEND_DATABASE_HOST": "127.0.0.1",
        "BACKEND_DATABASE_PORT": "9",
        # It probes for its database every 50 ms, which in a lab it need not.
        "BACKEND_DATABASE_PROBE_INTERVAL_SECONDS": "3600",
        "broker_backend_password": "nobody-listens",
        "database_backend_password": "nobody-listens",
        "PYTHONPATH": os.pathsep.join(sources),
    }
    uvicorn = [sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    return [
        Peer("backend", backend, [sys.executable, "-m", "remlab_backend"], settings),
        Peer(
            "plain FastAPI",
            plain,
            [*uvicorn, "--app-dir", str(folder), "--port", str(plain), "plain_app:app"],
            {},
        ),
        Peer("nginx", nginx, [_program("nginx"), "-c", str(configuration), "-e", "stderr"], {}),
    ]


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        sys.exit(f"{name} is missing: apt-get install {name}")
    return found


def _on_core(core: int, command: list[str]) -> list[str]:
    pin = shutil.which("taskset")
    return [pin, "-c", str(core), *command] if pin and (os.cpu_count() or 1) > 1 else command


@contextlib.contextmanager
def running(peer: Peer, folder: Path) -> Iterator[None]:
    """Run a server until the block ends."""
    with (folder / f"{peer.name.split()[0]}.log").open("wb") as log:
        environment = {**os.environ, **peer.environment}
        process = subprocess.Popen(_on_core(0, peer.command), env=environment, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _answers(peer.port):
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{peer.name} does not start:\n{Path(log.name).read_text()}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def body(peer: Peer, path: str) -> bytes:
    """Return what a server sends for a path."""
    request = urllib.request.Request(f"http://127.0.0.1:{peer.port}{path}", headers=HEADERS)
    with urllib.request.urlopen(request, timeout=5) as answer:
        content: bytes = answer.read()
        return content


def rate(peer: Peer, path: str, seconds: float) -> float:
    """Return requests per second; exits when a request failed."""
    headers = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
    command = [_program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", *headers]
    command += [f"http://127.0.0.1:{peer.port}{path}"]
    output = subprocess.run(_on_core(1, command), check=True, capture_output=True, text=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None or "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"{peer.name} failed under load:\n{output}")
    return float(found[1])


def chosen_paths(dist: Path) -> list[str]:
    """Return the page, the largest script and the largest style sheet of the build."""
    largest = {
        suffix: max((dist / "assets").glob(f"*{suffix}"), key=lambda path: path.stat().st_size, default=None)
        for suffix in (".js", ".css")
    }
    return ["/", *(f"/assets/{path.name}" for path in largest.values() if path)]


def measure(servers: list[Peer], paths: list[str], *, seconds: float, rounds: int) -> list[Row]:
    """Measure every path on every server, in turns."""
    rows = []
    for path in paths:
        bodies = {peer.name: body(peer, path) for peer in servers}
        # Plain FastAPI has no compressed files to send.
        if bodies["backend"] != bodies["nginx"]:
            sys.exit(f"{path}: the backend and nginx do not send the same")
        for peer in servers:
            rate(peer, path, 1)  # caches warm up
        rates: dict[str, list[float]] = {peer.name: [] for peer in servers}
        for _ in range(rounds):
            for peer in servers:
                rates[peer.name].append(rate(peer, path, seconds))
        medians = {name: statistics.median(values) for name, values in rates.items()}
        rows.append(Row(path, len(bodies["backend"]), medians))
    return rows


def table(rows: list[Row]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| path | bytes | backend req/s | plain FastAPI req/s | nginx req/s | × plain | × nginx |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        rates = " | ".join(f"{row.rates[name]:,.0f}" for name in ("backend", "plain FastAPI", "nginx"))
        ratios = f"{row.ratio('plain FastAPI'):.1f} | {row.ratio('nginx'):.2f}"
        lines.append(f"| {row.path} | {row.size_bytes:,} | {rates} | {ratios} |")
    return "\n".join(lines)


def main() -> int:
    """Print the table; the exit status is 1 if a ratio is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dist", type=Path, default=ROOT / "frontend" / "dist", help="the frontend's build")
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    options = parser.parse_args()
    if not (options.dist / "index.html").is_file():
        sys.exit(f"{options.dist} holds no build; run `npm run build` in frontend/, or ./lab deploy")
    with tempfile.TemporaryDirectory(prefix="remlab-bench-") as name:
        folder = Path(name)
        dist = prepare(options.dist, folder)
        servers = peers(dist, folder)
        with contextlib.ExitStack() as stack:
            for peer in servers:
                stack.enter_context(running(peer, folder))
            rows = measure(servers, chosen_paths(dist), seconds=options.seconds, rounds=options.rounds)
    print(table(rows))
    missed = [
        row for row in rows if row.ratio("plain FastAPI") < PLAIN_RATIO or row.ratio("nginx") < NGINX_RATIO
    ]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
