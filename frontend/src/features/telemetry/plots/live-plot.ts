import UPlot from "uplot";

import type { PlotDefinition } from "@/features/telemetry/plots/plot-definitions";
import type { Text } from "@/lib/i18n/use-text";
import type { LiveDevice } from "@/lib/live/live-device";

const AXIS_FONT = "11px system-ui, sans-serif";
const AXIS_LEFT_PX = 48;

export interface TimeSpan {
  /** Server time, unix ms. */
  readonly from: number;
  readonly to: number;
}

/** One plot on a canvas: it draws a device's history over the server's time. */
export class LivePlot {
  private readonly plot: UPlot;
  private readonly definition: PlotDefinition;
  private readonly observer: ResizeObserver;

  constructor(host: HTMLElement, definition: PlotDefinition, text: Text) {
    this.definition = definition;
    this.plot = new UPlot(plotOptions(host, definition, text), [[]], host);
    this.observer = new ResizeObserver(() => {
      this.plot.setSize({ width: host.clientWidth, height: definition.heightPx });
    });
    this.observer.observe(host);
  }

  draw(live: LiveDevice, { from, to }: TimeSpan): void {
    const keys = this.definition.series.map((series) => series.key);
    const columns = live.history.columns(from, to, keys) as UPlot.AlignedData;
    this.plot.batch(() => {
      this.plot.setData(columns, false);
      this.plot.setScale("x", { min: from, max: to });
    });
  }

  destroy(): void {
    this.observer.disconnect();
    this.plot.destroy();
  }
}

function plotOptions(host: HTMLElement, definition: PlotDefinition, text: Text): UPlot.Options {
  const style = getComputedStyle(host);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const lines = { stroke: colour("--muted"), font: AXIS_FONT, ticks: { show: false }, grid: { stroke: colour("--grid"), width: 1 } };
  return {
    width: Math.max(host.clientWidth, 50),
    height: definition.heightPx,
    ms: 1,
    legend: { show: false },
    cursor: { sync: { key: "remlab" }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true },
      y: { range: (_plot, low, high) => widen(low, high, definition.minimumSpan) },
    },
    axes: [
      { ...lines, space: 90, size: 26, values: (_plot, splits) => splits.map((split) => text.clock(split)) },
      { ...lines, space: 28, size: AXIS_LEFT_PX, values: (_plot, splits) => splits.map((split) => text.plain(split)) },
    ],
    series: [
      {},
      ...definition.series.map((series) => ({
        label: text.t(series.name),
        stroke: colour(series.colour),
        width: 2,
        ...(series.dashed ? { dash: [6, 4] } : {}),
        points: { show: false },
      })),
    ],
  };
}

/** An axis with air around the values and never narrower than the least span. */
function widen(low: number | null, high: number | null, minimumSpan: number): [number, number] {
  if (low === null || high === null) return [0, minimumSpan];
  const span = Math.max((high - low) * 1.15, minimumSpan);
  const middle = (low + high) / 2;
  return [middle - span / 2, middle + span / 2];
}
