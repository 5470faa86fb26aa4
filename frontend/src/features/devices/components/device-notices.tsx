import { Banner } from "@/components/banner";
import type { Device } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";
import { ageSince, freshnessOf } from "@/lib/live/freshness";
import type { LiveDevice } from "@/lib/live/live-device";
import { useLiveStatus } from "@/lib/live/use-live-device";
import { useNow } from "@/lib/use-now";

interface Props {
  readonly device: Device;
  readonly live: LiveDevice;
  readonly readOnly: boolean;
}

/** The honest sentences above the panel: link lost, device away, signals old, simulator instead of the real one. */
export function DeviceNotices({ device, live, readOnly }: Props) {
  const { t } = useText();
  const status = useLiveStatus(live);
  const standIn = !device.virtual && status.device?.connected === true && status.device.simulated;
  return (
    <>
      <LinkNotice live={live} />
      {standIn && <Banner tone="warn">{t("device.simulatedBanner")}</Banner>}
      {readOnly && <Banner tone="info">{t("device.readOnlyBanner")}</Banner>}
      {status.device?.state === "alarm" && <Banner tone="bad">{t("state.alarmText")}</Banner>}
    </>
  );
}

function LinkNotice({ live }: { live: LiveDevice }) {
  const { t, age } = useText();
  const { link, device, error } = useLiveStatus(live);
  const now = useNow();
  const frame = live.getFrame();
  const signalAge = ageSince(frame?.arrivedAt ?? null, now);
  if (link === "offline") return <Banner tone="bad">{t("device.offlineBanner")}</Banner>;
  if (link === "connecting") return <Banner tone="info">{t("device.connectingBanner")}</Banner>;
  if (error !== null) return <Banner tone="bad">{t("device.errorBanner", { reason: error })}</Banner>;
  if (device && !device.connected) {
    return <Banner tone="warn">{t(frame ? "device.disconnectedBanner" : "device.neverBanner")}</Banner>;
  }
  if (freshnessOf(signalAge) !== "stale") return null;
  return <Banner tone="warn">{t("device.staleBanner", { age: age(Math.floor(signalAge ?? 0)) })}</Banner>;
}
