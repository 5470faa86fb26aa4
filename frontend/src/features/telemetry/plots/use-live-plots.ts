import { useEffect, useRef, type RefObject } from "react";

import { LivePlot } from "@/features/telemetry/plots/live-plot";
import { PLOTS } from "@/features/telemetry/plots/plot-definitions";
import { useText } from "@/lib/i18n/use-text";
import type { LiveDevice } from "@/lib/live/live-device";
import { useMediaQuery } from "@/lib/use-media-query";

/** The signals come at 10 Hz: drawing more often would only warm the processor. */
const DRAW_EVERY_MS = 95;

interface Options {
  readonly live: LiveDevice;
  readonly windowSeconds: number;
  /** Server time at which the plots stand still; null while they follow. */
  readonly frozenAt: number | null;
}

/** Draws all plots below a container, each into the element with its `data-plot`. */
export function useLivePlots(container: RefObject<HTMLElement | null>, { live, windowSeconds, frozenAt }: Options): void {
  const text = useText();
  const dark = useMediaQuery("(prefers-color-scheme: dark)");
  const view = useRef({ windowSeconds, frozenAt });
  useEffect(() => {
    view.current = { windowSeconds, frozenAt };
  }, [windowSeconds, frozenAt]);

  useEffect(() => {
    const root = container.current;
    if (!root) return undefined;
    const plots = PLOTS.flatMap((definition) => {
      const host = root.querySelector<HTMLElement>(`[data-plot="${definition.id}"]`);
      return host ? [new LivePlot(host, definition, text)] : [];
    });
    let drawnAt = 0;
    let request = requestAnimationFrame(draw);
    function draw(now: number) {
      request = requestAnimationFrame(draw);
      if (now - drawnAt < DRAW_EVERY_MS) return;
      drawnAt = now;
      const to = view.current.frozenAt ?? live.clock.now(Date.now());
      for (const plot of plots) plot.draw(live, { from: to - view.current.windowSeconds * 1000, to });
      root?.setAttribute("data-last-sample-ms", String(live.history.lastTime ?? ""));
      root?.setAttribute("data-samples", String(live.history.length));
    }
    return () => {
      cancelAnimationFrame(request);
      for (const plot of plots) plot.destroy();
    };
    // `dark` is no input of the drawing, but the colours are read anew when it changes.
  }, [container, live, text, dark]);
}
