import { Badge } from "@/components/badge";
import { StateBadge } from "@/features/devices/components/state-badge";
import type { DeviceStatus } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";

/** Whether a device is connected, by what, and the state it reports. */
export function DeviceBadges({ status }: { status: DeviceStatus | null | undefined }) {
  const { t } = useText();
  if (!status) return <Badge>{t("device.unknown")}</Badge>;
  if (!status.connected) return <Badge tone="bad">{t("device.disconnected")}</Badge>;
  return (
    <>
      <Badge tone="good">{t("device.connected")}</Badge>
      {status.simulated && <Badge tone="warn">{t("device.simulatedConnection")}</Badge>}
      <StateBadge state={status.state} old={status.stale} />
    </>
  );
}
