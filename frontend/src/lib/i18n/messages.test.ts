import { describe, expect, it } from "vitest";

import { en } from "@/lib/i18n/en";
import { es } from "@/lib/i18n/es";
import { fill, type MessageKey } from "@/lib/i18n/messages";

const keys = Object.keys(es) as MessageKey[];

function places(text: string): string {
  return (text.match(/\{\w+\}/g) ?? []).sort().join(" ");
}

describe("the languages", () => {
  it("have the same keys", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(es).sort());
  });

  it("leave no text empty", () => {
    expect(keys.filter((key) => es[key].trim() === "" || en[key].trim() === "")).toEqual([]);
  });

  it("fill in the same places", () => {
    expect(keys.filter((key) => places(en[key]) !== places(es[key]))).toEqual([]);
  });
});

describe("fill", () => {
  it("puts parameters into their places", () => {
    expect(fill("{name}: {count} s", { name: "yk", count: 3 })).toBe("yk: 3 s");
  });

  it("leaves a place that has no parameter visible", () => {
    expect(fill("{count} s", {})).toBe("{count} s");
  });
});
