"""What `--prove` and the benchmark of moves make of an inventory and a verdict."""

from pathlib import Path

import pytest

from bench._fleet import Edit, Fleet
from bench.moves import AIMS, Move, Result
from labtool.prove import exit_code, load_arguments
from tests.infra.deployment import Deployment
from tests.load.beside import LoadFailed, Verdict, beside

INVENTORY = """
all:
  children:
    machines:
      hosts: {a: {ansible_port: 1}, b: {ansible_port: 2}}
      vars: {ansible_user: lab}
    manager: {hosts: {a: {}}}
    backend: {hosts: {a: {}}}
    gateway: {hosts: {a: {}}}
    simulator: {}
    own: {hosts: {a: {}}}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    path = tmp_path / "fleet.yml"
    path.write_text(INVENTORY, encoding="utf-8")
    return Fleet(path, ("backend", "gateway", "simulator"))


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


def test_an_edit_gives_a_group_other_hosts(fleet: Fleet) -> None:
    fleet.apply(Edit.parse("backend=b"))
    assert (fleet.hosts("backend"), fleet.hosts("gateway")) == (["b"], ["a"])
    fleet.apply(Edit.parse("backend=a+b"))
    assert fleet.hosts("backend") == ["a", "b"]


def test_the_whole_site_moves_and_the_old_host_leaves(fleet: Fleet) -> None:
    for edit in Move.parse("site:*=b,-a").edits:
        fleet.apply(edit)
    assert [fleet.hosts(group) for group in ("manager", "backend", "gateway", "simulator")] == [["b"]] * 3 + [
        []
    ]
    assert fleet.hosts("own") == []
    assert fleet.tree["all"]["children"]["machines"]["hosts"] == {"b": {"ansible_port": 2}}


def test_the_copy_lies_beside_the_original_and_is_removed(fleet: Fleet) -> None:
    fleet.write()
    assert fleet.path.parent == fleet.original.parent
    assert fleet.path.name.endswith(".local.yml")
    fleet.remove()
    assert not fleet.path.exists()


@pytest.mark.parametrize("text", ["backend", "backend=", "=b", "backend=b c"])
def test_an_edit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an edit is group=host"):
        Edit.parse(text)


def test_a_group_that_is_not_there_is_refused(fleet: Fleet) -> None:
    with pytest.raises(ValueError, match="has no group media"):
        fleet.apply(Edit.parse("media=b"))


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
