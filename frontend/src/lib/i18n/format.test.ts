import { describe, expect, it } from "vitest";

import { formatAge, formatDateTime, formatNumber, formatPercent, formatPlain } from "@/lib/i18n/format";

describe("formatNumber", () => {
  it("uses each language's decimal mark and a true minus sign", () => {
    expect(formatNumber(-45.5, 1, "es")).toBe("−45,5");
    expect(formatNumber(-45.5, 1, "en")).toBe("−45.5");
  });

  it("never says minus zero", () => {
    expect(formatNumber(-0.04, 1, "en")).toBe("0.0");
  });

  it("shows a dash for what is missing", () => {
    expect(formatNumber(null, 1, "es")).toBe("–");
    expect(formatNumber(Number.NaN, 1, "es")).toBe("–");
  });
});

describe("formatPlain", () => {
  it("hides the noise of float32", () => {
    expect(formatPlain(Math.fround(4.3), "en")).toBe("4.3");
    expect(formatPlain(7, "es")).toBe("7");
  });
});

describe("formatPercent", () => {
  it("shows a share with one decimal", () => {
    expect(formatPercent(0.0125, "en")).toBe("1.3 %");
    expect(formatPercent(null, "en")).toBe("–");
  });
});

describe("formatAge", () => {
  it("changes the unit with the age", () => {
    expect(formatAge(0.14, "en")).toEqual({ unit: "seconds", count: "0.1" });
    expect(formatAge(75, "en")).toEqual({ unit: "seconds", count: "75" });
    expect(formatAge(150, "en")).toEqual({ unit: "minutes", count: "2" });
    expect(formatAge(8000, "en")).toEqual({ unit: "hours", count: "2" });
  });
});

describe("formatDateTime", () => {
  it("shows a dash for what is no time", () => {
    expect(formatDateTime("soon", "en")).toBe("–");
    expect(formatDateTime(null, "en")).toBe("–");
  });
});
