import { COMMAND_TIMEOUT_MS, FRAMES_PER_SECOND, HISTORY_SECONDS } from "@/config/timing";
import type { DeviceStatus, LogEntry } from "@/lib/api/client";
import type { CommandKey, CommandResult } from "@/lib/device/commands";
import { frameFrom, type Frame } from "@/lib/device/frame";
import { LossMeter } from "@/lib/live/freshness";
import { History } from "@/lib/live/history";
import { ServerClock } from "@/lib/live/server-clock";
import {
  labSocket,
  type CommandAnswer,
  type LabSocket,
  type TelemetryMessage,
  type WatchAnswer,
} from "@/lib/live/socket";

export type Link = "connecting" | "online" | "offline";

/** The newest frame and how it came. `arrivedAt` is the browser's monotonic clock in ms. */
export interface LiveFrame {
  readonly values: Frame;
  readonly receivedMs: number;
  readonly arrivedAt: number;
  readonly simulated: boolean;
}

/** What changes seldom: the link to the backend and what it says about the device. */
export interface LiveStatus {
  readonly link: Link;
  readonly device: DeviceStatus | null;
  readonly error: string | null;
}

const RETRY_MS = 1_000;

type Listener = () => void;

/** One device as this page sees it: watches it over the shared socket and keeps its last minutes. */
export class LiveDevice {
  readonly history = new History(HISTORY_SECONDS * FRAMES_PER_SECOND);
  readonly clock = new ServerClock();
  readonly loss = new LossMeter();
  readonly id: string;
  private readonly socket: LabSocket;
  private readonly listeners = new Set<Listener>();
  private readonly logListeners = new Set<(entry: LogEntry) => void>();
  private retry: ReturnType<typeof setTimeout> | undefined;
  private frame: LiveFrame | null = null;
  private status: LiveStatus = { link: "connecting", device: null, error: null };

  constructor(id: string, socket: LabSocket = labSocket()) {
    this.id = id;
    this.socket = socket;
  }

  /** Starts watching; returns what ends it. */
  open(): () => void {
    const { socket } = this;
    socket.on("connect", this.onConnect);
    socket.on("disconnect", this.onDisconnect);
    socket.on("connect_error", this.onDisconnect);
    socket.on("telemetry", this.onTelemetry);
    socket.on("device_status", this.onStatus);
    socket.on("log_entry", this.onLogEntry);
    if (socket.connected) this.onConnect();
    return () => {
      clearTimeout(this.retry);
      if (socket.connected) socket.emit("unwatch", { device: this.id });
      socket.off("connect", this.onConnect);
      socket.off("disconnect", this.onDisconnect);
      socket.off("connect_error", this.onDisconnect);
      socket.off("telemetry", this.onTelemetry);
      socket.off("device_status", this.onStatus);
      socket.off("log_entry", this.onLogEntry);
    };
  }

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getFrame = (): LiveFrame | null => this.frame;
  readonly getStatus = (): LiveStatus => this.status;

  readonly onNewLogEntry = (listener: (entry: LogEntry) => void): (() => void) => {
    this.logListeners.add(listener);
    return () => this.logListeners.delete(listener);
  };

  /** Sends a command; without an answer it counts as unconfirmed, never as done. */
  readonly send = (key: CommandKey, value: number): Promise<CommandResult> => {
    if (!this.socket.connected) return Promise.resolve({ outcome: "refused", reason: null });
    const request = { device: this.id, key, value };
    return new Promise((resolve) => {
      this.socket.timeout(COMMAND_TIMEOUT_MS).emit("command", request, (late: Error | null, answer: CommandAnswer) => {
        resolve(late ? { outcome: "unconfirmed", reason: null } : answer);
      });
    });
  };

  private readonly onConnect = (): void => {
    this.update({ link: "online" });
    const request = { device: this.id };
    this.socket.timeout(COMMAND_TIMEOUT_MS).emit("watch", request, (late: Error | null, answer: WatchAnswer) => {
      if (!late) this.update({ error: answer.ok ? null : (answer.error ?? ""), device: answer.status ?? null });
      // No answer although connected: the backend is being replaced, so begin anew.
      else if (this.socket.connected) this.socket.disconnect().connect();
    });
  };

  private readonly onDisconnect = (): void => {
    this.update({ link: "offline" });
    // After a disconnect by the server the client does not try again by itself.
    clearTimeout(this.retry);
    if (!this.socket.active) this.retry = setTimeout(() => this.socket.connect(), RETRY_MS);
  };

  private readonly onTelemetry = (message: TelemetryMessage): void => {
    if (message.device !== this.id) return;
    const arrivedAt = performance.now();
    if (!this.loss.record(message.connection, message.sequence, arrivedAt)) return;
    this.clock.record(message.received_ms, Date.now());
    const values = frameFrom(message.values);
    this.frame = { values, receivedMs: message.received_ms, arrivedAt, simulated: message.simulated };
    this.history.push(message.received_ms, values);
    this.notify();
  };

  private readonly onStatus = (device: DeviceStatus): void => {
    if (device.device === this.id) this.update({ device });
  };

  private readonly onLogEntry = (entry: LogEntry): void => {
    if (entry.device !== this.id) return;
    for (const listener of this.logListeners) listener(entry);
  };

  private update(change: Partial<LiveStatus>): void {
    this.status = { ...this.status, ...change };
    this.notify();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}
