import { describe, expect, it } from "vitest";

import { frameFrom, type Frame } from "@/lib/device/frame";
import { History } from "@/lib/live/history";

function frameWithAngle(angle: number): Frame {
  return frameFrom([2, angle]);
}

function filled(capacity: number, times: number[]): History {
  const history = new History(capacity);
  times.forEach((time, index) => history.push(time, frameWithAngle(10 - index)));
  return history;
}

describe("History", () => {
  it("gives the samples of a window, oldest first", () => {
    const history = filled(10, [0, 100, 200, 300]);
    expect(history.columns(100, 250, ["yk"])).toEqual([
      [100, 200],
      [9, 8],
    ]);
  });

  it("replaces the oldest samples once it is full", () => {
    const history = filled(3, [0, 100, 200, 300, 400]);
    expect(history.length).toBe(3);
    expect(history.columns(0, 1000, ["yk"])[0]).toEqual([200, 300, 400]);
    expect(history.lastTime).toBe(400);
  });

  it("breaks the line where the device was silent", () => {
    const history = filled(10, [0, 100, 2000]);
    expect(history.columns(0, 3000, ["yk"])).toEqual([
      [0, 100, 101, 2000],
      [10, 9, null, 8],
    ]);
  });

  it("keeps the line over the 0.6 s in which the device enters READY", () => {
    const history = filled(10, [0, 700]);
    expect(history.columns(0, 3000, ["yk"])[0]).toEqual([0, 700]);
  });

  it("is empty before the first sample and after a clear", () => {
    const history = filled(4, [1, 2]);
    history.clear();
    expect(history.lastTime).toBeNull();
    expect(history.columns(0, 10, ["yk"])).toEqual([[], []]);
  });
});
