import "@/app/styles/device.css";

import { QueryState } from "@/components/query-state";
import { CameraView } from "@/features/cameras/components/camera-view";
import { useCameras } from "@/features/cameras/api/use-cameras";
import { useText } from "@/lib/i18n/use-text";

export function CamerasPage() {
  const { t, title } = useText();
  const cameras = useCameras();
  return (
    <div className="page page-wide">
      <h1>{t("page.cameras")}</h1>
      <p className="lead">{t("camera.lead")}</p>
      <QueryState query={cameras}>
        {(list) =>
          list.length === 0 ? (
            <p className="muted">{t("camera.noneAtAll")}</p>
          ) : (
            <ul className="card-grid card-grid-wide">
              {list.map((camera) => (
                <li key={camera.id} className="card cameras">
                  <h2>{title(camera.title)}</h2>
                  <CameraView cameraId={camera.id} name={title(camera.title)} />
                </li>
              ))}
            </ul>
          )
        }
      </QueryState>
    </div>
  );
}
