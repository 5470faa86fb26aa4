import { io, type Socket } from "socket.io-client";

import type { DeviceStatus, LogEntry } from "@/lib/api/client";
import type { Outcome } from "@/lib/device/commands";

/** A telemetry frame as the backend passes it on; `received_ms` is the gateway's clock, unix ms. */
export interface TelemetryMessage {
  readonly device: string;
  readonly sequence: number;
  readonly connection: string;
  readonly simulated: boolean;
  readonly received_ms: number;
  readonly values: readonly (number | null)[];
}

export interface WatchAnswer {
  readonly ok: boolean;
  readonly error?: string;
  readonly status?: DeviceStatus | null;
}

export interface CommandAnswer {
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly key: string;
  readonly value: number;
}

interface ServerEvents {
  telemetry: (message: TelemetryMessage) => void;
  device_status: (status: DeviceStatus) => void;
  log_entry: (entry: LogEntry) => void;
}

interface ClientEvents {
  watch: (request: { device: string }, answer: (answer: WatchAnswer) => void) => void;
  unwatch: (request: { device: string }) => void;
  command: (
    request: { device: string; key: string; value: number },
    answer: (answer: CommandAnswer) => void,
  ) => void;
}

export type LabSocket = Socket<ServerEvents, ClientEvents>;

let shared: LabSocket | undefined;

/** The page's one connection to the backend; made at the first use, it reconnects by itself. */
export function labSocket(): LabSocket {
  shared ??= io({
    auth: { client: "remlab" },
    // One round trip instead of four; polling remains for networks that break WebSockets.
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 4_000,
    timeout: 8_000,
  });
  return shared;
}
