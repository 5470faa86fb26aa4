"""Who is looking: connected pages and the devices that they watch."""

from collections.abc import Collection
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Viewer:
    """One connected page. `transport_id` is its Engine.IO session."""

    sid: str
    transport_id: str
    legacy: bool
    watching: set[str] = field(default_factory=set)


class Viewers:
    """All connected pages, by device for a quick fan-out."""

    def __init__(self) -> None:
        self._viewers: dict[str, Viewer] = {}
        self._watchers: dict[str, set[Viewer]] = {}
        self.legacy: set[Viewer] = set()

    def __len__(self) -> int:
        return len(self._viewers)

    def all(self) -> Collection[Viewer]:
        """Return every connected page."""
        return self._viewers.values()

    def add(self, viewer: Viewer) -> None:
        """Note a page that has connected, once."""
        if viewer.sid in self._viewers:
            return
        self._viewers[viewer.sid] = viewer
        if viewer.legacy:
            self.legacy.add(viewer)

    def remove(self, sid: str) -> None:
        """Forget a page that has gone."""
        viewer = self._viewers.pop(sid, None)
        if viewer is not None:
            self.legacy.discard(viewer)
            for device in viewer.watching:
                self._watchers[device].discard(viewer)

    def watch(self, sid: str, device: str) -> None:
        """Let a page have what comes from `device`."""
        viewer = self._viewers.get(sid)
        if viewer is not None:
            viewer.watching.add(device)
            self._watchers.setdefault(device, set()).add(viewer)

    def unwatch(self, sid: str, device: str) -> None:
        """Stop what `watch` began."""
        viewer = self._viewers.get(sid)
        if viewer is not None and device in viewer.watching:
            viewer.watching.discard(device)
            self._watchers[device].discard(viewer)

    def of(self, device: str) -> Collection[Viewer]:
        """Return the pages that watch `device`."""
        return self._watchers.get(device, ())
