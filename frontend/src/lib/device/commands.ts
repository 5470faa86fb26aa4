import type { DeviceState } from "@/lib/device/frame";

/** Values of the command `event`. */
export const EVENT = { powerOn: 1, powerOff: 2, start: 3, stop: 4 } as const;
/** Values of the command `ctrl_mode`. */
export const CONTROL_MODE = { test: 0, pid: 1 } as const;

export type CommandKey = "event" | "ctrl_mode" | "vel_man" | "Kp" | "Ki" | "Kd";
export type Outcome = "confirmed" | "refused" | "unconfirmed";

export interface CommandResult {
  readonly outcome: Outcome;
  readonly reason: string | null;
}

export type SendCommand = (key: CommandKey, value: number) => Promise<CommandResult>;

export type Action = "powerOn" | "powerOff" | "start" | "stop" | "chooseMode";

const ALLOWED: Readonly<Record<DeviceState, readonly Action[]>> = {
  standby: ["powerOn", "chooseMode"],
  starting: ["powerOff", "stop"],
  ready: ["powerOff", "start", "chooseMode"],
  pid: ["powerOff", "stop"],
  test: ["powerOff", "stop"],
  alarm: [],
  // Nothing is known, so what makes the device safe stays possible.
  unknown: ["powerOff", "stop"],
};

/** Whether the firmware's state machine reacts to an action in this state. */
export function isAllowed(action: Action, state: DeviceState): boolean {
  return ALLOWED[state].includes(action);
}

export type Limits = readonly [minimum: number, maximum: number];

/** Used where the lab states no limits of its own. */
export const FALLBACK_LIMITS: Readonly<Record<"vel_man" | "Kp" | "Ki" | "Kd", Limits>> = {
  vel_man: [-600, 600],
  Kp: [0, 100],
  Ki: [0, 100],
  Kd: [0, 100],
};

export type NumberProblem = "notANumber" | "outOfRange";

/** Reads what was typed, with a decimal point or a decimal comma, and checks it against the limits. */
export function readNumber(text: string, [minimum, maximum]: Limits): number | NumberProblem {
  const normal = text.trim().replace("−", "-").replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(normal)) return "notANumber";
  const value = Number(normal);
  return value < minimum || value > maximum ? "outOfRange" : value;
}
