import type { ReactNode } from "react";

export type Tone = "good" | "warn" | "bad" | "plain" | "accent";

/** A short word about a state; the tone only repeats in colour what the word says. */
export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}
