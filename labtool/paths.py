"""Where things lie in a clone of remlab."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
RESULTS = CACHE / "results"
VENV = ROOT / ".venv"
DEPLOY_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
