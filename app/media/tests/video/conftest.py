"""Access units from the simulator's encoder."""

from collections.abc import Callable

import pytest

from remlab_simulator.camera.encoder import Encoder
from remlab_simulator.camera.picture import HEIGHT, WIDTH, Stage

Film = Callable[..., list[tuple[bytes, ...]]]


@pytest.fixture
def film() -> Film:
    """Encode pictures of an arm that stands still while the clock runs, or not even that."""

    def encode(count: int, *, frozen: bool = False, group: int = 30) -> list[tuple[bytes, ...]]:
        stage, encoder = Stage("arm"), Encoder(WIDTH, HEIGHT)
        start = 1_795_521_600_000
        return [
            tuple(
                encoder.encode(
                    stage.draw(angle_degrees=-90, mode="PID", unix_ms=start + (0 if frozen else index * 67)),
                    key_frame=index % group == 0,
                )
            )
            for index in range(count)
        ]

    return encode
