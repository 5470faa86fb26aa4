import { useId } from "react";

import { CameraView } from "@/features/cameras/components/camera-view";
import { useCameras } from "@/features/cameras/api/use-cameras";
import type { Device } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";

/** The cameras that look at a device. */
export function DeviceCameras({ device }: { device: Device }) {
  const { t, title } = useText();
  const heading = useId();
  const { data: cameras } = useCameras();
  const nameOf = (id: string) => {
    const camera = cameras?.find((each) => each.id === id);
    return camera ? title(camera.title) : title(device.title);
  };
  return (
    <section className="card cameras" aria-labelledby={heading}>
      <h2 id={heading}>{t("camera.title")}</h2>
      {device.cameras.length === 0 && <p className="muted">{t("camera.none")}</p>}
      {device.cameras.map((id) => (
        <CameraView key={id} cameraId={id} name={nameOf(id)} />
      ))}
    </section>
  );
}
