import { Badge } from "@/components/badge";
import { DeviceCameras } from "@/app/pages/device-cameras";
import { DeviceNotices } from "@/features/devices/components/device-notices";
import { StateBadge } from "@/features/devices/components/state-badge";
import { ControlPanel } from "@/features/controls/components/control-panel";
import { useLab } from "@/features/lab/api/use-lab";
import { Logbook } from "@/features/logbook/components/logbook";
import { PlotsPanel } from "@/features/telemetry/components/plots-panel";
import { Readouts } from "@/features/telemetry/components/readouts";
import type { Device } from "@/lib/api/client";
import { stateOf, type DeviceState } from "@/lib/device/frame";
import { useText } from "@/lib/i18n/use-text";
import { ageSince, freshnessOf } from "@/lib/live/freshness";
import type { LiveDevice } from "@/lib/live/live-device";
import { useLiveDevice, useLiveFrame, useLiveStatus } from "@/lib/live/use-live-device";
import { useNow } from "@/lib/use-now";

/** Everything about one device on one page. */
export function DeviceWorkspace({ device }: { device: Device }) {
  const { title } = useText();
  const live = useLiveDevice(device.id);
  const lab = useLab();
  const readOnly = lab.data?.commands_accepted === false;
  return (
    <>
      <header className="device-head">
        <h1>{title(device.title)}</h1>
        <LiveBadges live={live} />
      </header>
      <DeviceNotices device={device} live={live} readOnly={readOnly} />
      <div className="device-grid">
        <div className="device-views">
          <DeviceCameras device={device} />
          <Readouts live={live} />
        </div>
        <div className="device-side">
          <LiveControls device={device} live={live} readOnly={readOnly} />
        </div>
        <div className="device-main">
          <PlotsPanel live={live} />
          <Logbook live={live} />
        </div>
      </div>
    </>
  );
}

function LiveBadges({ live }: { live: LiveDevice }) {
  const { t } = useText();
  const { device } = useLiveStatus(live);
  const { state, old } = useDeviceState(live);
  const connected = device?.connected === true;
  return (
    <p className="badges" role="status" data-state={state}>
      {device && !connected && <Badge tone="bad">{t("device.disconnected")}</Badge>}
      {connected && (
        <Badge tone={device.simulated ? "warn" : "good"}>
          {t(device.simulated ? "device.simulatedConnection" : "device.realConnection")}
        </Badge>
      )}
      <span className="state-label">{t("state.label")}:</span> <StateBadge state={state} old={old} />
    </p>
  );
}

interface ControlsProps {
  readonly device: Device;
  readonly live: LiveDevice;
  readonly readOnly: boolean;
}

function LiveControls({ device, live, readOnly }: ControlsProps) {
  const frame = useLiveFrame(live);
  const { link, device: status } = useLiveStatus(live);
  const { state } = useDeviceState(live);
  const available = !readOnly && link === "online" && status?.connected === true;
  return (
    <ControlPanel
      limits={device.limits}
      state={state}
      frame={frame?.values ?? null}
      available={available}
      send={live.send}
    />
  );
}

/** The state from the newest frame; from the backend's word while none came to this page. */
function useDeviceState(live: LiveDevice): { state: DeviceState; old: boolean } {
  const frame = useLiveFrame(live);
  const { device } = useLiveStatus(live);
  const age = ageSince(frame?.arrivedAt ?? null, useNow());
  if (frame) return { state: stateOf(frame.values.mode), old: freshnessOf(age) === "stale" };
  return { state: device?.state ?? "unknown", old: true };
}
