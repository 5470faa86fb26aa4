import { STALE_SECONDS } from "@/config/timing";

export type Freshness = "none" | "fresh" | "stale";

/** How old something may be called; null stands for "never came". */
export function freshnessOf(ageSeconds: number | null): Freshness {
  if (ageSeconds === null) return "none";
  return ageSeconds < STALE_SECONDS ? "fresh" : "stale";
}

/** Seconds since a moment of the browser's monotonic clock; null when it never came. */
export function ageSince(momentMs: number | null, nowMs: number): number | null {
  return momentMs === null ? null : Math.max(0, nowMs - momentMs) / 1000;
}

const WINDOW_MS = 60_000;

interface Arrival {
  readonly at: number;
  readonly missed: number;
}

/** Share of frames that never reached this page, over the last minute, from their sequence numbers. */
export class LossMeter {
  private arrivals: Arrival[] = [];
  private connection: string | null = null;
  private sequence = 0;

  /** Counts a frame in; false when it is a repetition or older than one already seen. */
  record(connection: string, sequence: number, at: number): boolean {
    const continues = connection === this.connection;
    if (continues && sequence <= this.sequence) return false;
    const missed = continues ? sequence - this.sequence - 1 : 0;
    this.connection = connection;
    this.sequence = sequence;
    this.arrivals.push({ at, missed });
    return true;
  }

  /** Lost frames of all frames sent in the last minute, 0…1; null without any. */
  ratio(at: number): number | null {
    this.arrivals = this.arrivals.filter((arrival) => at - arrival.at <= WINDOW_MS);
    if (this.arrivals.length === 0) return null;
    const missed = this.arrivals.reduce((sum, arrival) => sum + arrival.missed, 0);
    return missed / (missed + this.arrivals.length);
  }
}
