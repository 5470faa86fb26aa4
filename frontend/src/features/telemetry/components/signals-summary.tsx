import { useEffect, useState } from "react";

import { freshnessOf, ageSince } from "@/lib/live/freshness";
import { useText, type Text } from "@/lib/i18n/use-text";
import type { LiveDevice } from "@/lib/live/live-device";

/** Often enough to follow, seldom enough for a screen reader to finish a sentence. */
const EVERY_MS = 10_000;
const FIRST_LOOK_MS = 500;
const LOOK_BACK_SECONDS = 10;

/** What the plots show, in a sentence that is read out now and then. */
export function SignalsSummary({ id, live }: { id: string; live: LiveDevice }) {
  const text = useText();
  const [summary, setSummary] = useState("");

  useEffect(() => {
    const tell = () => setSummary(summarise(live, text));
    let timer = setTimeout(function look() {
      tell();
      timer = setTimeout(look, live.getFrame() ? EVERY_MS : FIRST_LOOK_MS);
    }, 0);
    return () => clearTimeout(timer);
  }, [live, text]);

  return (
    <p id={id} className="signals-summary" role="status" data-testid="signals-summary">
      <strong>{text.t("signals.summary")}:</strong> {summary}
    </p>
  );
}

function summarise(live: LiveDevice, { t, number, clock, age }: Text): string {
  const frame = live.getFrame();
  if (!frame) return t("signals.summaryNone");
  const rows = live.history.since(frame.receivedMs - LOOK_BACK_SECONDS * 1000);
  const angles = rows.flatMap((row) => row.frame.yk ?? []);
  const sentence = t("signals.summaryText", {
    time: clock(frame.receivedMs),
    angle: number(frame.values.yk, 1),
    reference: number(frame.values.rk, 1),
    control: number(frame.values.uk, 1),
    seconds: LOOK_BACK_SECONDS,
    minimum: number(Math.min(...angles), 1),
    maximum: number(Math.max(...angles), 1),
  });
  const seconds = ageSince(frame.arrivedAt, performance.now());
  if (seconds === null || freshnessOf(seconds) === "fresh") return sentence;
  return `${sentence} ${t("signals.summaryOld", { age: age(seconds) })}`;
}
