import { expect, it } from "vitest";

import { ServerClock } from "@/lib/live/server-clock";

it("takes the fastest frame as the measure of the server's time", () => {
  const clock = new ServerClock();
  clock.record(1_000, 6_050);
  clock.record(1_100, 6_105);
  clock.record(1_200, 6_290);
  expect(clock.now(7_000)).toBeCloseTo(7_000 - 5_005, 0);
});

it("uses this computer's clock before the first frame", () => {
  expect(new ServerClock().now(123)).toBe(123);
});
