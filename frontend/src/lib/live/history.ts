import type { Frame, FrameKey } from "@/lib/device/frame";

/** A silence longer than this is drawn as a gap, not as a straight line. */
const GAP_MS = 1_200;

export type Column = (number | null)[];

/** The last samples of a device in a ring: a new one replaces the oldest once it is full. */
export class History {
  private readonly times: Float64Array;
  private readonly frames: (Frame | undefined)[];
  private next = 0;
  private size = 0;

  constructor(capacity: number) {
    this.times = new Float64Array(capacity);
    this.frames = new Array<Frame | undefined>(capacity);
  }

  get length(): number {
    return this.size;
  }

  /** Server time of the newest sample, unix ms; null before the first. */
  get lastTime(): number | null {
    return this.size === 0 ? null : this.timeAt(this.size - 1);
  }

  push(time: number, frame: Frame): void {
    this.times[this.next] = time;
    this.frames[this.next] = frame;
    this.next = (this.next + 1) % this.times.length;
    this.size = Math.min(this.size + 1, this.times.length);
  }

  clear(): void {
    this.size = 0;
    this.next = 0;
    this.frames.fill(undefined);
  }

  /** Columns for the plot: times (ms), then one column per key; nulls where the device was silent. */
  columns(from: number, to: number, keys: readonly FrameKey[]): Column[] {
    const result: Column[] = [[], ...keys.map((): Column => [])];
    let previous: number | null = null;
    for (let index = this.firstSince(from); index < this.size; index += 1) {
      const time = this.timeAt(index);
      if (time > to) break;
      if (previous !== null && time - previous > GAP_MS) appendRow(result, previous + 1, null, keys);
      appendRow(result, time, this.frameAt(index), keys);
      previous = time;
    }
    return result;
  }

  /** Samples from a server time on, oldest first. */
  since(from: number): { time: number; frame: Frame }[] {
    const rows = [];
    for (let index = this.firstSince(from); index < this.size; index += 1) {
      const frame = this.frameAt(index);
      if (frame) rows.push({ time: this.timeAt(index), frame });
    }
    return rows;
  }

  private position(index: number): number {
    const capacity = this.times.length;
    return (this.next - this.size + index + capacity) % capacity;
  }

  private timeAt(index: number): number {
    return this.times[this.position(index)] ?? Number.NaN;
  }

  private frameAt(index: number): Frame | null {
    return this.frames[this.position(index)] ?? null;
  }

  private firstSince(from: number): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.timeAt(middle) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function appendRow(columns: Column[], time: number, frame: Frame | null, keys: readonly FrameKey[]): void {
  columns[0]?.push(time);
  keys.forEach((key, index) => columns[index + 1]?.push(frame?.[key] ?? null));
}
