"""All simulated devices, and their cameras in a thread of their own."""

import asyncio
import importlib
import logging
import threading

from remlab_simulator.board import Board
from remlab_simulator.plant import Plant
from remlab_simulator.settings import SimulatorSettings

log = logging.getLogger(__name__)

_CAMERA_MODULE = "remlab_simulator.camera"


class Simulator:
    """Plays the devices named in the settings."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        self.boards = [
            Board(
                device_id,
                Plant(
                    seed=settings.seed + place,
                    frame_values=settings.frame_values,
                    fault_events=settings.fault_events,
                ),
                gateway_url=settings.gateway_url,
                reconnect_seconds=settings.reconnect_seconds,
            )
            for place, device_id in enumerate(settings.devices)
        ]
        self._camera_thread: threading.Thread | None = None
        self._camera_problem: str | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Switch everything on."""
        if self._settings.cameras:
            self._start_cameras()
        self._tasks = [asyncio.create_task(board.run()) for board in self.boards]

    async def stop(self) -> None:
        """Switch the devices off; the cameras end with the process."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def failure(self) -> str | None:
        """Say which part has ended though it should not, or None."""
        if self._camera_thread is not None and not self._camera_thread.is_alive():
            return f"the cameras have stopped: {self._camera_problem or 'without a reason'}"
        ended = [
            board.device_id for board, task in zip(self.boards, self._tasks, strict=False) if task.done()
        ]
        return f"these devices have stopped: {', '.join(ended)}" if ended else None

    async def unconnected(self) -> str | None:
        """Say which devices are not connected, and why, or None. One that stands aside is in order."""
        problems = [f"{board.device_id}: {board.problem}" for board in self.boards if board.problem]
        return "; ".join(problems) or None

    def _start_cameras(self) -> None:
        self._camera_thread = threading.Thread(target=self._serve_cameras, name="cameras", daemon=True)
        self._camera_thread.start()

    def _serve_cameras(self) -> None:
        settings = self._settings
        try:
            importlib.import_module(_CAMERA_MODULE).serve(
                {board.device_id: board.plant for board in self.boards},
                port=settings.camera_port,
                username=settings.camera_username,
                password=settings.camera_password.get_secret_value(),
            )
        except Exception as error:
            self._camera_problem = str(error) or type(error).__name__
            log.exception("the cameras failed")
