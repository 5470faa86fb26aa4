import "uplot/dist/uPlot.min.css";

import { useId, useRef, useState } from "react";

import { ActionButton } from "@/components/action-button";
import { SignalsSummary } from "@/features/telemetry/components/signals-summary";
import { samplesAsCsv, saveAsFile } from "@/features/telemetry/plots/csv";
import { PLOTS, type PlotDefinition } from "@/features/telemetry/plots/plot-definitions";
import { useLivePlots } from "@/features/telemetry/plots/use-live-plots";
import { useText } from "@/lib/i18n/use-text";
import type { LiveDevice } from "@/lib/live/live-device";
import { useLiveFrame } from "@/lib/live/use-live-device";

const WINDOWS_SECONDS = [15, 30, 60, 300];

/** The live plots over the server's time, with their window, a freeze and the data to take home. */
export function PlotsPanel({ live }: { live: LiveDevice }) {
  const { t } = useText();
  const heading = useId();
  const summary = useId();
  const container = useRef<HTMLDivElement>(null);
  const [windowSeconds, setWindow] = useState(30);
  const [frozenAt, setFrozenAt] = useState<number | null>(null);
  useLivePlots(container, { live, windowSeconds, frozenAt });

  function download() {
    const to = frozenAt ?? live.clock.now(Date.now());
    const rows = live.history.since(to - windowSeconds * 1000).filter((row) => row.time <= to);
    saveAsFile(`${live.id}-${new Date(to).toISOString().replaceAll(":", "")}.csv`, samplesAsCsv(rows));
  }

  return (
    <section className="card plots" aria-labelledby={heading}>
      <div className="card-head">
        <h2 id={heading}>{t("signals.title")}</h2>
        <div className="toolbar">
          <label className="inline-field">
            {t("signals.window")}{" "}
            <select value={windowSeconds} onChange={(event) => setWindow(Number(event.target.value))}>
              {WINDOWS_SECONDS.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds < 120 ? t("signals.seconds", { count: seconds }) : t("signals.minutes", { count: seconds / 60 })}
                </option>
              ))}
            </select>
          </label>
          <ActionButton
            pressed={frozenAt !== null}
            onPress={() => setFrozenAt(frozenAt === null ? live.clock.now(Date.now()) : null)}
          >
            {t(frozenAt === null ? "signals.pause" : "signals.resume")}
          </ActionButton>
          <ActionButton onPress={download}>{t("signals.download")}</ActionButton>
        </div>
      </div>
      <div ref={container} className="plot-list" role="img" aria-label={t("signals.title")} aria-describedby={summary}>
        {PLOTS.map((plot) => (
          <figure key={plot.id} className="plot">
            <PlotCaption plot={plot} live={live} />
            <div className="plot-canvas" data-plot={plot.id} />
          </figure>
        ))}
      </div>
      <SignalsSummary id={summary} live={live} />
    </section>
  );
}

/** The plot's legend, with the value that each series has now. */
function PlotCaption({ plot, live }: { plot: PlotDefinition; live: LiveDevice }) {
  const { t, number } = useText();
  const frame = useLiveFrame(live);
  return (
    <figcaption>
      {plot.series.map((series) => (
        <span key={series.key} className="legend-entry">
          <svg className="legend-line" viewBox="0 0 24 8" aria-hidden="true">
            <path className={`legend-stroke legend-stroke${series.colour}`} strokeDasharray={series.dashed ? "6 4" : undefined} d="M0 4h24" />
          </svg>
          {t(series.name)}{" "}
          <b className="number">
            {number(frame?.values[series.key], series.decimals)}
            {plot.unit && ` ${plot.unit}`}
          </b>
        </span>
      ))}
    </figcaption>
  );
}
