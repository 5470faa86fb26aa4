import { Badge, type Tone } from "@/components/badge";
import type { DeviceState } from "@/lib/device/frame";
import { useText } from "@/lib/i18n/use-text";

const TONES: Readonly<Record<DeviceState, Tone>> = {
  standby: "plain",
  starting: "warn",
  ready: "accent",
  pid: "good",
  test: "good",
  alarm: "bad",
  unknown: "plain",
};

/** The state of the device's state machine in the page's language. */
export function StateBadge({ state, old = false }: { state: DeviceState; old?: boolean }) {
  const { t } = useText();
  return <Badge tone={old ? "plain" : TONES[state]}>{t(`state.${state}`)}</Badge>;
}
