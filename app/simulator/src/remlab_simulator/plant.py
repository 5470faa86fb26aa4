"""One simulated device: firmware, control loop and pendulum, advanced by fixed steps."""

import random
from collections.abc import Iterator

from remlab_common.frames import FRAME_HZ, Mode, encode
from remlab_simulator.controller import CONTROL_STEP_SECONDS, LARGEST_ACTION, Pid, reference_degrees
from remlab_simulator.firmware import Firmware
from remlab_simulator.pendulum import HIGHEST_DEGREES, LOWEST_DEGREES, REST_PULSE_US, STEP_SECONDS, Pendulum

FRAME_BYTES = {16: 64, 15: 60, 11: 44}
"""Length of a frame by its number of values: today's firmware sends 16."""

_MEASUREMENT_NOISE_DEGREES = 0.03
_ROUNDING_SECONDS = 1e-9
_STEPS_PER_CONTROL = round(CONTROL_STEP_SECONDS / STEP_SECONDS)
_CONTROLS_PER_FRAME = round(1 / FRAME_HZ / CONTROL_STEP_SECONDS)


class Plant:
    """A device without its network. The same seed, messages and times give the same frames.

    `angle_degrees` and `mode` may be read from other threads.
    """

    def __init__(self, *, seed: int = 0, frame_values: int = 16, fault_events: bool = False) -> None:
        self._firmware = Firmware(fault_events=fault_events)
        self._pendulum = Pendulum(seed=seed)
        self._pid = Pid()
        self._random = random.Random(f"measurement {seed}")  # noqa: S311 noise, not secrets
        self._frame_bytes = FRAME_BYTES[frame_values]
        self._controls = 0
        self._owed_seconds = 0.0
        self._measured = LOWEST_DEGREES
        self._reference = reference_degrees(0.0)
        self._action = 0.0

    @property
    def angle_degrees(self) -> float:
        """True angle of the arm, −90 (hanging) to 0 (level)."""
        return self._pendulum.angle_degrees

    @property
    def mode(self) -> Mode:
        """State of the device."""
        return self._firmware.mode

    @property
    def seconds(self) -> float:
        """How long the device has been on."""
        return self._controls * CONTROL_STEP_SECONDS

    @property
    def pulses_us(self) -> tuple[float, float]:
        """Motor pulses M1 (lifts) and M2 (lowers)."""
        return REST_PULSE_US + max(self._action, 0.0), REST_PULSE_US + max(-self._action, 0.0)

    def receive(self, text: str) -> None:
        """Take a text message from the gateway."""
        self._firmware.receive(text)

    def fail(self) -> None:
        """Have the device raise an alarm of its own."""
        self._firmware.fail(self.seconds)

    def advance(self, seconds: float) -> Iterator[bytes]:
        """Let time pass, in whole control steps; give the frames that the firmware sends meanwhile."""
        self._owed_seconds += seconds
        while self._owed_seconds > CONTROL_STEP_SECONDS - _ROUNDING_SECONDS:
            self._owed_seconds -= CONTROL_STEP_SECONDS
            self._step()
            if self._controls % _CONTROLS_PER_FRAME == 0 and not self._firmware.is_blocked(self.seconds):
                yield self.frame()

    def frame(self) -> bytes:
        """Give the telemetry frame of this moment."""
        firmware, (pulse_1, pulse_2) = self._firmware, self.pulses_us
        values = (
            float(firmware.mode),
            self._measured,
            self._reference,
            self._action,
            self._reference - self._measured,
            pulse_1,
            pulse_2,
            firmware.stored["vel_man"],
            0.0,
            firmware.ctrl_mode,
            0.0,
            0.0,
            0.0,
            *firmware.gains,
        )
        return encode(values, length=self._frame_bytes)

    def _step(self) -> None:
        self._controls += 1
        was = self._firmware.mode
        self._firmware.work(self.seconds)
        if self._firmware.mode is not was:
            self._pid.reset()
        noise = self._random.gauss(0.0, _MEASUREMENT_NOISE_DEGREES)
        self._measured = min(max(self.angle_degrees + noise, LOWEST_DEGREES), HIGHEST_DEGREES)
        self._action = self._control()
        pulses = self.pulses_us
        for _ in range(_STEPS_PER_CONTROL):
            self._pendulum.step(*pulses)

    def _control(self) -> float:
        firmware = self._firmware
        if firmware.mode is Mode.PID:
            self._reference = reference_degrees(self.seconds - firmware.entered_at)
            return self._pid.step(self._reference - self._measured, self._measured, firmware.gains)
        if firmware.mode is Mode.TEST:
            speed = firmware.stored["vel_man"]
            return min(max(speed, -LARGEST_ACTION), LARGEST_ACTION) if speed == speed else 0.0
        return 0.0
