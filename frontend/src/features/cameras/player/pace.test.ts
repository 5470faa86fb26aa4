import { describe, expect, it } from "vitest";

import { backoffMs, paceFor } from "@/features/cameras/player/pace";

describe("paceFor", () => {
  it("jumps to the live edge at first, since the stream's time does not begin at 0", () => {
    expect(paceFor(0, 500, 502)).toEqual({ seekTo: 501.9, rate: 1 });
  });

  it("jumps when it is more than 1.2 s behind", () => {
    expect(paceFor(10, 0, 11.3).seekTo).toBeCloseTo(11.2);
  });

  it("hurries in two steps when it is less behind", () => {
    expect(paceFor(10, 0, 10.6)).toEqual({ seekTo: null, rate: 1.25 });
    expect(paceFor(10, 0, 10.3)).toEqual({ seekTo: null, rate: 1.06 });
    expect(paceFor(10, 0, 10.2)).toEqual({ seekTo: null, rate: 1 });
  });

  it("jumps over a gap of the source", () => {
    expect(paceFor(10, 10.6, 10.7)).toEqual({ seekTo: 10.6, rate: 1 });
  });
});

describe("backoffMs", () => {
  it("doubles up to 8 s", () => {
    expect(backoffMs(0, 0.5)).toBe(500);
    expect(backoffMs(1, 0.5)).toBe(1000);
    expect(backoffMs(20, 0.5)).toBe(8000);
  });
});
