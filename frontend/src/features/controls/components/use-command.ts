import { useState } from "react";

import type { CommandKey, CommandResult, SendCommand } from "@/lib/device/commands";

export type CommandProgress = { readonly outcome: "idle" | "sending" } | CommandResult;

export interface Command {
  readonly progress: CommandProgress;
  /** Sends and keeps the outcome; true when the device confirmed it. */
  readonly run: (key: CommandKey, value: number) => Promise<boolean>;
}

/** One control's command: what became of the last one sent. */
export function useCommand(send: SendCommand): Command {
  const [progress, setProgress] = useState<CommandProgress>({ outcome: "idle" });
  async function run(key: CommandKey, value: number): Promise<boolean> {
    setProgress({ outcome: "sending" });
    const result = await send(key, value);
    setProgress(result);
    return result.outcome === "confirmed";
  }
  return { progress, run };
}
