/** The 16 values of a telemetry frame, in the order of the device protocol §1. */
export const FRAME_KEYS = [
  "mode",
  "yk",
  "rk",
  "uk",
  "ek",
  "M1",
  "M2",
  "vel_man",
  "pos_man",
  "ctrl_mode",
  "ref_type",
  "freq",
  "amp",
  "Kp",
  "Ki",
  "Kd",
] as const;

export type FrameKey = (typeof FRAME_KEYS)[number];

/** One frame; null stands for what an older firmware does not send. */
export type Frame = Readonly<Record<FrameKey, number | null>>;

/** Names the values of a frame; what is missing or not a finite number becomes null. */
export function frameFrom(values: readonly (number | null)[]): Frame {
  const entries = FRAME_KEYS.map((key, index) => {
    const value = values[index];
    return [key, typeof value === "number" && Number.isFinite(value) ? value : null];
  });
  return Object.fromEntries(entries) as Frame;
}

export type DeviceState = "standby" | "starting" | "ready" | "pid" | "test" | "alarm" | "unknown";

const STATES: readonly DeviceState[] = ["standby", "starting", "ready", "pid", "test", "alarm"];

/** The state that the frame's `mode` names. */
export function stateOf(mode: number | null): DeviceState {
  return mode === null ? "unknown" : (STATES[Math.round(mode)] ?? "unknown");
}
