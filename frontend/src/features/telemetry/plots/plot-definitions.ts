import type { FrameKey } from "@/lib/device/frame";
import type { MessageKey } from "@/lib/i18n/messages";

export interface PlotSeries {
  readonly key: FrameKey;
  readonly name: MessageKey;
  /** The CSS variable that holds the series' colour in both colour schemes. */
  readonly colour: `--${string}`;
  readonly dashed?: boolean;
  readonly decimals: number;
}

export interface PlotDefinition {
  readonly id: string;
  readonly title: MessageKey;
  readonly unit: string;
  readonly heightPx: number;
  /** The least span of the axis, so that noise does not fill the plot. */
  readonly minimumSpan: number;
  readonly series: readonly PlotSeries[];
}

export const PLOTS: readonly PlotDefinition[] = [
  {
    id: "angle",
    title: "signals.angleAndReference",
    unit: "°",
    heightPx: 220,
    minimumSpan: 10,
    series: [
      { key: "yk", name: "signals.angle", colour: "--series-1", decimals: 1 },
      { key: "rk", name: "signals.reference", colour: "--series-2", dashed: true, decimals: 1 },
    ],
  },
  {
    id: "control",
    title: "signals.control",
    unit: "",
    heightPx: 130,
    minimumSpan: 10,
    series: [{ key: "uk", name: "signals.control", colour: "--series-3", decimals: 1 }],
  },
  {
    id: "motors",
    title: "signals.motors",
    unit: "µs",
    heightPx: 130,
    minimumSpan: 50,
    series: [
      { key: "M1", name: "signals.motor1", colour: "--series-1", decimals: 0 },
      { key: "M2", name: "signals.motor2", colour: "--series-4", dashed: true, decimals: 0 },
    ],
  },
];
