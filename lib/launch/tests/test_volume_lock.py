"""One writer on a volume, and none on half a copy."""

import subprocess
import sys
from pathlib import Path

import pytest

from remlab_launch.surroundings import SurroundingsError
from remlab_launch.volume_lock import COPIED, COPYING, VolumeInUse, claim

# Claims the volume, becomes another program as an entry point does, and lives until its input ends.
_ENTRY_POINT = """
import os, sys
from pathlib import Path
from remlab_launch.volume_lock import claim
claim(Path(sys.argv[1]), 0)
print("claimed", flush=True)
os.execv("/bin/cat", ["cat"])
"""


def test_second_writer_is_refused_while_the_program_that_took_over_lives(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _ENTRY_POINT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"claimed\n"
        with pytest.raises(VolumeInUse, match=f"the volume {tmp_path} is in use by another container"):
            claim(tmp_path, 0.3)
        process.kill()
        process.wait()
    # Killed, it has given the volume back.
    claim(tmp_path, 0)


def test_nothing_starts_on_half_a_copy(tmp_path: Path) -> None:
    (tmp_path / COPYING).write_text("remlab-registry-images-1-1 on a\n")
    with pytest.raises(SurroundingsError) as refused:
        claim(tmp_path, 0)
    assert str(refused.value) == (
        f"the volume {tmp_path} holds half a copy of remlab-registry-images-1-1 on a; "
        "run the deploy again, which ends the move"
    )
    assert (tmp_path / COPYING).exists()


def test_start_on_a_whole_copy_makes_it_a_volume_like_any_other(tmp_path: Path) -> None:
    (tmp_path / COPIED).write_text("remlab-registry-images-1-1 on a\n")
    claim(tmp_path, 0)
    assert not (tmp_path / COPIED).exists()


def test_missing_volume_is_named(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError, match="gone cannot be written on: No such file"):
        claim(tmp_path / "gone", 0)
