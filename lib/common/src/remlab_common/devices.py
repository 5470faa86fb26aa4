"""The lab's devices as configured: the setting `lab_devices`, passed to services as LAB_DEVICES."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator, model_validator

DeviceId = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$")]
"""Part of addresses and of subjects on the bus, so only what is safe in both."""

Range = tuple[float, float]
"""Lowest and highest allowed value, both included."""

DEFAULT_LIMITS: Mapping[str, Range] = MappingProxyType(
    {
        "vel_man": (-600.0, 600.0),
        "Kp": (0.0, 100.0),
        "Ki": (0.0, 100.0),
        "Kd": (0.0, 100.0),
    }
)
"""The firmware stores these unchecked, so they are limited even where a device names no limits."""

LIMITABLE_KEYS = ("vel_man", "Kp", "Ki", "Kd", "pos_man", "ref_type", "freq", "amp")


class Device(BaseModel):
    """One device of the lab. `limits` always holds at least the keys of `DEFAULT_LIMITS`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: DeviceId
    title: dict[str, str]
    kind: str
    default: bool = False
    virtual: bool = False
    limits: dict[str, Range] = Field(default_factory=dict, validate_default=True)

    @field_validator("limits")
    @classmethod
    def _complete_limits(cls, limits: dict[str, Range]) -> dict[str, Range]:
        for key, (lowest, highest) in limits.items():
            if key not in LIMITABLE_KEYS:
                raise ValueError(f"unknown key {key!r}; known: {', '.join(LIMITABLE_KEYS)}")
            if not (math.isfinite(lowest) and math.isfinite(highest) and lowest <= highest):
                raise ValueError(f"{key}: [{lowest}, {highest}] is not a range")
        return {**DEFAULT_LIMITS, **limits}


class Devices(RootModel[tuple[Device, ...]]):
    """All devices: ids are unique and at most one is the default."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _refuse_ambiguity(self) -> Self:
        counts = Counter(device.id for device in self.root)
        repeated = sorted(device_id for device_id, count in counts.items() if count > 1)
        if repeated:
            raise ValueError(f"lab_devices has more than one device with the id {', '.join(repeated)}")
        defaults = [device.id for device in self.root if device.default]
        if len(defaults) > 1:
            raise ValueError(f"lab_devices has more than one default device: {', '.join(defaults)}")
        return self

    def __len__(self) -> int:
        return len(self.root)

    def __contains__(self, device_id: object) -> bool:
        return any(device.id == device_id for device in self.root)

    def all(self) -> Iterator[Device]:
        """Give the devices in the order of the setting."""
        return iter(self.root)

    def get(self, device_id: str) -> Device | None:
        """Give the device with this id, or None."""
        return next((device for device in self.root if device.id == device_id), None)

    @property
    def default(self) -> Device | None:
        """The device that connects without an id, and that the remote page drives."""
        return next((device for device in self.root if device.default), None)

    @property
    def virtual(self) -> Device | None:
        """The first virtual device: the simulation page drives it."""
        return next((device for device in self.root if device.virtual), None)
