/** How far the difference may creep back per sample, so that a clock that was set is followed. */
const CREEP = 0.002;

/** Estimates the server's time from the fastest frames: network delay only ever adds. */
export class ServerClock {
  private offset: number | null = null;

  /** Takes a frame's received time of the server and its arrival here, both unix ms. */
  record(receivedMs: number, arrivedMs: number): void {
    const offset = arrivedMs - receivedMs;
    this.offset = this.offset === null || offset < this.offset ? offset : this.offset + (offset - this.offset) * CREEP;
  }

  /** The server's time now, unix ms; this computer's own before the first frame. */
  now(localMs: number): number {
    return localMs - (this.offset ?? 0);
  }
}
