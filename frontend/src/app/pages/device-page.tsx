import "@/app/styles/device.css";

import { Banner } from "@/components/banner";
import { DeviceWorkspace } from "@/app/pages/device-workspace";
import { QueryState } from "@/components/query-state";
import { useDevices } from "@/features/devices/api/use-devices";
import type { Device } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";

type Kind = "simulated" | "real";

/** The page of one aeropendulum: the first virtual one or the lab's default device. */
export function DevicePage({ kind }: { kind: Kind }) {
  const { t } = useText();
  const devices = useDevices();
  return (
    <div className="page page-wide">
      <QueryState query={devices}>
        {(list) => {
          const device = list.find((each) => isMeant(each, kind));
          if (device) return <DeviceWorkspace key={device.id} device={device} />;
          return (
            <>
              <h1>{t(`page.${kind}`)}</h1>
              <Banner tone="warn">{t("device.missing")}</Banner>
            </>
          );
        }}
      </QueryState>
    </div>
  );
}

function isMeant(device: Device, kind: Kind): boolean {
  return kind === "simulated" ? device.virtual : device.default;
}
