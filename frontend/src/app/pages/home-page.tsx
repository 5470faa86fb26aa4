import { Link } from "wouter";

import { AeropendulumDrawing } from "@/components/aeropendulum-drawing";
import { QueryState } from "@/components/query-state";
import { pathOf } from "@/config/routes";
import { useDevices } from "@/features/devices/api/use-devices";
import { DeviceBadges } from "@/features/devices/components/device-badges";
import { useLab } from "@/features/lab/api/use-lab";
import type { Device } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";

export function HomePage() {
  const { t } = useText();
  const devices = useDevices();
  const lab = useLab();
  return (
    <div className="page">
      <section className="hero">
        <div>
          <h1>{lab.data?.title ?? t("app.footer")}</h1>
          <p className="lead">{t("home.lead")}</p>
          <p className="button-row">
            <Link href={pathOf("aeropendulo")} className="button button-primary">
              {t("home.start")}
            </Link>
            <Link href={pathOf("docs")} className="button button-plain">
              {t("home.help")}
            </Link>
          </p>
        </div>
        <AeropendulumDrawing angle={-32} reference={-18} />
      </section>
      <section aria-labelledby="now">
        <h2 id="now">{t("home.now")}</h2>
        <QueryState query={devices}>{(list) => <DeviceCards devices={list} />}</QueryState>
      </section>
    </div>
  );
}

function DeviceCards({ devices }: { devices: readonly Device[] }) {
  const { t, title } = useText();
  if (devices.length === 0) return <p className="muted">{t("home.noDevices")}</p>;
  return (
    <ul className="card-grid">
      {devices.map((device) => {
        const path = pageOf(device, devices);
        return (
          <li key={device.id} className="card">
            <h3>{path ? <Link href={path}>{title(device.title)}</Link> : title(device.title)}</h3>
            <p className="badges">
              <DeviceBadges status={device.status} />
            </p>
          </li>
        );
      })}
    </ul>
  );
}

/** The two bookmarked pages drive the default device and the first virtual one. */
function pageOf(device: Device, devices: readonly Device[]) {
  if (device.default) return pathOf("real");
  return device === devices.find((each) => each.virtual) ? pathOf("simulated") : undefined;
}
