import { describe, expect, it } from "vitest";

import { isAllowed, readNumber } from "@/lib/device/commands";
import { frameFrom, stateOf } from "@/lib/device/frame";

describe("readNumber", () => {
  it("takes a decimal comma and a decimal point", () => {
    expect(readNumber("4,3", [0, 100])).toBe(4.3);
    expect(readNumber(" 4.3 ", [0, 100])).toBe(4.3);
    expect(readNumber("−20", [-600, 600])).toBe(-20);
  });

  it.each(["", "abc", "nan", "Infinity", "1e3", "1,2,3", "0x10"])("refuses %j", (text) => {
    expect(readNumber(text, [0, 100])).toBe("notANumber");
  });

  it("refuses what is out of range and takes the limits themselves", () => {
    expect(readNumber("100.1", [0, 100])).toBe("outOfRange");
    expect(readNumber("100", [0, 100])).toBe(100);
  });
});

describe("isAllowed", () => {
  it("follows the firmware's state machine", () => {
    expect(isAllowed("powerOn", "standby")).toBe(true);
    expect(isAllowed("start", "standby")).toBe(false);
    expect(isAllowed("start", "ready")).toBe(true);
    expect(isAllowed("chooseMode", "pid")).toBe(false);
    expect(isAllowed("stop", "test")).toBe(true);
    expect(isAllowed("powerOn", "alarm")).toBe(false);
  });

  it("lets the motors be stopped when nothing is known", () => {
    expect(isAllowed("stop", "unknown")).toBe(true);
    expect(isAllowed("start", "unknown")).toBe(false);
  });
});

describe("frames", () => {
  it("name the 16 values in the protocol's order", () => {
    const frame = frameFrom([2, -45.5, 15, 0, 60.5, 812, 812, 0, 0, 1, 0, 0, 0, 7, 0, 0]);
    expect(frame.yk).toBe(-45.5);
    expect(frame.M2).toBe(812);
    expect(frame.Kp).toBe(7);
    expect(stateOf(frame.mode)).toBe("ready");
  });

  it("leave null what an older firmware does not send", () => {
    expect(frameFrom([0, 1, null]).rk).toBeNull();
    expect(frameFrom([]).Kd).toBeNull();
    expect(stateOf(null)).toBe("unknown");
    expect(stateOf(42)).toBe("unknown");
  });
});
