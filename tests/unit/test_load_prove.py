"""What `--prove` and the benchmark of moves make of a verdict."""

from pathlib import Path

import pytest

from bench.moves import AIMS, Result
from labtool.prove import exit_code, load_arguments
from tests.infra.deployment import Deployment
from tests.load.beside import LoadFailed, Verdict, beside


def deployment(tls: str) -> Deployment:
    return Deployment(Path("x"), {"public_url": "https://lab.example.org/", "tls": tls}, {})


def test_a_lab_that_people_use_gets_a_moderate_load() -> None:
    assert load_arguments(deployment("files"), reads_only=False) == [
        *("--url", "https://lab.example.org"),
        *("--reads-per-second", "20"),
        *("--writes-per-second", "5"),
    ]
    internal = load_arguments(deployment("internal"), reads_only=True)
    assert internal[-2:] == ["0", "--any-certificate"]


@pytest.mark.parametrize(
    ("deploy", "good", "code"), [(0, True, 0), (0, False, 1), (2, True, 2), (2, False, 2)]
)
def test_the_exit_code_is_bad_if_either_failed(deploy: int, good: bool, code: int) -> None:
    assert exit_code(deploy, Verdict(good, "", {})) == code


def test_a_load_without_a_lab_says_so() -> None:
    with pytest.raises(LoadFailed, match="leads nowhere"), beside(["--url", "http://lab.invalid"]):
        pass


def test_a_line_of_the_table_tells_what_was_seen_and_what_was_aimed_at() -> None:
    figures = {
        "requests": {"sent": 7500, "failed": 0, "slowest": [{"seconds": 0.106}]},
        "rows": {"acknowledged": 2500, "lost": [], "doubled": []},
        "sources": [
            {
                "what": "signals",
                "longest_silence_seconds": 1.24,
                "closes": [{"proper": True}, {"proper": False}],
            },
            {"what": "camera", "longest_silence_seconds": 0.5, "closes": []},
        ],
        "generator": {"cpu_share": 0.143},
    }
    good = Result("stateless: backend=b", 20.04, Verdict(True, "", figures), AIMS["stateless"])
    assert good.line() == (
        "| stateless: backend=b | 20.0 (25) | 7,500 | 0 | 0.11 (1) | 2,500 | 0 / 0 | 1.2 | 0.0 | 0.5 | 1 | 14% | yes |"
    )
    assert not Result("x", 25.1, Verdict(True, "", figures), AIMS["stateless"]).met
    assert not Result("x", 20.0, Verdict(False, "", figures), AIMS["stateless"]).met
