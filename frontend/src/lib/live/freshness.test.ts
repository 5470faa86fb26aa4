import { describe, expect, it } from "vitest";

import { ageSince, freshnessOf, LossMeter } from "@/lib/live/freshness";

describe("freshnessOf", () => {
  it("calls 1.5 s and more old", () => {
    expect(freshnessOf(1.49)).toBe("fresh");
    expect(freshnessOf(1.5)).toBe("stale");
  });

  it("tells never from old", () => {
    expect(freshnessOf(null)).toBe("none");
  });
});

describe("ageSince", () => {
  it("is in seconds and never negative", () => {
    expect(ageSince(1000, 1250)).toBe(0.25);
    expect(ageSince(1000, 990)).toBe(0);
    expect(ageSince(null, 990)).toBeNull();
  });
});

describe("LossMeter", () => {
  it("counts the numbers that are missing", () => {
    const meter = new LossMeter();
    for (const sequence of [1, 2, 5]) meter.record("a", sequence, 0);
    expect(meter.ratio(0)).toBeCloseTo(2 / 5);
  });

  it("does not count a new connection of the device as loss", () => {
    const meter = new LossMeter();
    meter.record("a", 900, 0);
    meter.record("b", 1, 0);
    expect(meter.ratio(0)).toBe(0);
  });

  it("takes no repetition in", () => {
    const meter = new LossMeter();
    expect(meter.record("a", 7, 0)).toBe(true);
    expect(meter.record("a", 7, 0)).toBe(false);
  });

  it("forgets after a minute", () => {
    const meter = new LossMeter();
    meter.record("a", 1, 0);
    meter.record("a", 9, 0);
    expect(meter.ratio(60_001)).toBeNull();
  });
});
