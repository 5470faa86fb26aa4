import { useEffect, useMemo, useSyncExternalStore } from "react";

import { LiveDevice, type LiveFrame, type LiveStatus } from "@/lib/live/live-device";

/** Watches a device for as long as the component is shown. */
export function useLiveDevice(id: string): LiveDevice {
  const live = useMemo(() => new LiveDevice(id), [id]);
  useEffect(() => live.open(), [live]);
  return live;
}

/** The newest frame; renders at each one, 10 times a second. */
export function useLiveFrame(live: LiveDevice): LiveFrame | null {
  return useSyncExternalStore(live.subscribe, live.getFrame);
}

/** Link and status of the device; renders only when they change. */
export function useLiveStatus(live: LiveDevice): LiveStatus {
  return useSyncExternalStore(live.subscribe, live.getStatus);
}
