"""What Prometheus is told."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .camera import Camera


class CameraCollector(Collector):
    """Reads the cameras when it is asked."""

    def __init__(self, cameras: Callable[[], Mapping[str, Camera]]) -> None:
        self._cameras = cameras

    def collect(self) -> Iterable[Metric]:
        """Give one sample of each metric for each camera."""
        labels = ["camera"]
        live = GaugeMetricFamily("remlab_camera_live", "1 while pictures arrive", labels=labels)
        viewers = GaugeMetricFamily("remlab_camera_viewers", "Browsers that watch", labels=labels)
        pictures = CounterMetricFamily("remlab_camera_pictures", "Pictures passed on", labels=labels)
        size = CounterMetricFamily("remlab_camera_bytes", "Bytes of these pictures", labels=labels)
        dropped = CounterMetricFamily("remlab_camera_dropped", "Damaged or useless pictures", labels=labels)
        skipped = CounterMetricFamily(
            "remlab_camera_skipped", "Pictures that slow viewers missed, once these have left", labels=labels
        )
        losses = CounterMetricFamily("remlab_camera_losses", "Times the camera went away", labels=labels)
        for name, camera in self._cameras().items():
            live.add_metric([name], camera.live)
            viewers.add_metric([name], len(camera.viewers))
            pictures.add_metric([name], camera.counters.pictures)
            size.add_metric([name], camera.counters.bytes)
            dropped.add_metric([name], camera.counters.dropped)
            skipped.add_metric([name], camera.counters.skipped)
            losses.add_metric([name], camera.counters.losses)
        return live, viewers, pictures, size, dropped, skipped, losses


def registry(cameras: Callable[[], Mapping[str, Camera]]) -> CollectorRegistry:
    """Return what /metrics shows: the cameras and this process."""
    collected = CollectorRegistry()
    collected.register(CameraCollector(cameras))
    ProcessCollector(registry=collected)
    return collected
