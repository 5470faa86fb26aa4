"""A tag changes with everything that goes into an image, and with nothing else."""

import dataclasses

import pytest

from remlab.image_tags import (
    BaseInputs,
    ServiceInputs,
    base_tag,
    frontend_tag,
    python_tree_tag,
    service_tag,
)

BASE = BaseInputs(suite="trixie", epoch="2026-11-24", architecture="amd64", packages=("nats-server",))
SERVICE = ServiceInputs(base="b" * 16, context="c" * 64, sources="s" * 64, arguments={"SPEED": "1"})


def test_a_tag_can_be_used_in_a_name_of_an_image() -> None:
    assert len(base_tag(BASE)) == 16
    assert set(base_tag(BASE)) <= set("0123456789abcdef")


def test_equal_inputs_give_equal_tags_in_every_run() -> None:
    # Written down, since a tag that changes with the interpreter would build everything anew.
    assert base_tag(BASE) == base_tag(dataclasses.replace(BASE))
    assert (
        python_tree_tag(requirements=b"x==1", python_version="3.13", architecture="amd64")
        == "ad86bb143a920721"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"suite": "forky"},
        {"epoch": "2026-11-25"},
        {"architecture": "arm64"},
        {"packages": ("postgresql-17",)},
        {"packages": ()},
        {"exclude": ("/usr/lib/*/libLLVM*",)},
        {"python_packages": ("python3", "python3-venv")},
        {"files": {"/etc/x": "y"}},
        {"python_reference": "python:3.13-slim-trixie"},
        {"project": "other"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_input_of_a_base_changes_its_tag(change: dict[str, object]) -> None:
    assert base_tag(dataclasses.replace(BASE, **change)) != base_tag(BASE)


def test_the_order_of_packages_does_not_change_the_tag() -> None:
    one = dataclasses.replace(BASE, packages=("a", "b"), exclude=("/x", "/y"))
    other = dataclasses.replace(BASE, packages=("b", "a", "a"), exclude=("/y", "/x"))
    assert base_tag(one) == base_tag(other)


def test_what_is_left_out_of_a_base_without_packages_does_not_change_its_tag() -> None:
    plain = dataclasses.replace(BASE, packages=())
    assert base_tag(dataclasses.replace(plain, exclude=("/usr/lib/*",))) == base_tag(plain)


@pytest.mark.parametrize(
    "change",
    [
        {"base": "x"},
        {"context": "x"},
        {"sources": "x"},
        {"requirements": "x"},
        {"frontend": "x"},
        {"arguments": {"SPEED": "2"}},
        {"arguments": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_input_of_a_service_changes_its_tag(change: dict[str, object]) -> None:
    assert service_tag(dataclasses.replace(SERVICE, **change)) != service_tag(SERVICE)


def test_a_value_in_the_place_of_another_is_another_tag() -> None:
    one = ServiceInputs(base="b", context="c", sources="s", requirements="x", frontend="")
    other = ServiceInputs(base="b", context="c", sources="s", requirements="", frontend="x")
    assert service_tag(one) != service_tag(other)


def test_numbers_in_arguments_count_as_their_text() -> None:
    assert service_tag(dataclasses.replace(SERVICE, arguments={"SPEED": 1})) == service_tag(SERVICE)  # type: ignore[dict-item]


def test_a_frontend_is_named_by_its_sources_its_node_and_its_commands() -> None:
    names = {
        frontend_tag(sources=sources, node=node, commands=commands)
        for sources in ("a", "b")
        for node in ("20", "24")
        for commands in ([["npm", "ci"]], [["npm", "ci"], ["npm", "run", "build"]])
    }
    assert len(names) == 8
