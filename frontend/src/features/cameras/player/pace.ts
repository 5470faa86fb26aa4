/** How the player keeps close to the live edge; figures from the trials with the reference stream. */
const SEEK_BEHIND_SECONDS = 1.2;
const FAST_BEHIND_SECONDS = 0.5;
const QUICK_BEHIND_SECONDS = 0.25;
const EDGE_SECONDS = 0.1;

export interface Pace {
  /** Where to jump to, in media seconds; null to stay. */
  readonly seekTo: number | null;
  readonly rate: number;
}

/**
 * What to do at a position, given the newest buffered stretch [start, end] in media seconds.
 * Media time does not begin at 0 and jumps over gaps of the source, so a position outside seeks too.
 */
export function paceFor(position: number, start: number, end: number): Pace {
  const behind = end - position;
  const outside = position < start - 0.05 || behind < -1;
  if (outside || behind > SEEK_BEHIND_SECONDS) return { seekTo: Math.max(start, end - EDGE_SECONDS), rate: 1 };
  if (behind > FAST_BEHIND_SECONDS) return { seekTo: null, rate: 1.25 };
  if (behind > QUICK_BEHIND_SECONDS) return { seekTo: null, rate: 1.06 };
  return { seekTo: null, rate: 1 };
}

/** Pause before the next connection: 0.5 s doubling to 8 s, spread so that viewers do not come back at once. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(8_000, 500 * 2 ** Math.min(attempt, 8));
  return full * (0.75 + 0.5 * random);
}
