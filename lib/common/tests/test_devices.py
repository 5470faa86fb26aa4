from typing import Any

import pytest
from pydantic import ValidationError

from remlab_common.devices import DEFAULT_LIMITS, Devices


def device(device_id: str = "aeropendulo", **more: Any) -> dict[str, Any]:
    return {"id": device_id, "title": {"es": "Aeropéndulo"}, "kind": "aeropendulum", **more}


def devices(*entries: dict[str, Any]) -> Devices:
    return Devices.model_validate(entries)


def test_devices_are_found_by_id_and_role() -> None:
    lab = devices(device("a", default=True), device("b", virtual=True))
    assert len(lab) == 2
    assert "a" in lab
    assert "c" not in lab
    assert lab.get("b") is not None
    assert lab.get("c") is None
    assert lab.default is not None
    assert lab.default.id == "a"
    assert lab.virtual is not None
    assert lab.virtual.id == "b"
    assert [entry.id for entry in lab.all()] == ["a", "b"]


def test_a_lab_without_default_or_virtual_device_says_so() -> None:
    lab = devices(device())
    assert lab.default is None
    assert lab.virtual is None


def test_a_second_device_with_one_id_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="more than one device with the id aeropendulo"):
        devices(device(), device())


def test_two_default_devices_are_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="more than one default device: a, b"):
        devices(device("a", default=True), device("b", default=True))


@pytest.mark.parametrize("device_id", ["", "Aero", "a.b", "a b", "a*", "a>", "a/b", "-a", "a" * 64])
def test_an_id_that_is_unsafe_in_addresses_or_subjects_is_refused(device_id: str) -> None:
    with pytest.raises(ValidationError):
        devices(device(device_id))


def test_a_mistyped_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="virtuall"):
        devices(device(virtuall=True))


def test_limits_are_completed_with_those_of_the_firmware() -> None:
    lab = devices(device(limits={"Kp": [0, 20]}), device("b"))
    first, second = lab.all()
    assert first.limits == {**DEFAULT_LIMITS, "Kp": (0, 20)}
    assert second.limits == DEFAULT_LIMITS


@pytest.mark.parametrize("limits", [{"Kp": [2, 1]}, {"Kp": [0, "nan"]}, {"Kq": [0, 1]}, {"event": [0, 1]}])
def test_limits_that_make_no_sense_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        devices(device(limits=limits))
