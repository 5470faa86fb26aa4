import { useEffect, useState } from "react";

import { AGE_TICK_MS } from "@/config/timing";

/** The browser's monotonic clock in ms, counted on at a steady tick. */
export function useNow(tickMs: number = AGE_TICK_MS): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), tickMs);
    return () => clearInterval(timer);
  }, [tickMs]);
  return now;
}
