import { describe, expect, it } from "vitest";

import { en } from "@/lib/i18n/en";
import { es } from "@/lib/i18n/es";
import { fill, type MessageKey } from "@/lib/i18n/messages";

const keys = Object.keys(es) as MessageKey[];

function places(text: string): string[] {
  return (text.match(/\{\w+\}/g) ?? []).sort();
}

describe("the languages", () => {
  it("have the same keys", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(es).sort());
  });

  it.each(keys)("say something and fill in the same places: %s", (key) => {
    expect(es[key].trim()).not.toBe("");
    expect(en[key].trim()).not.toBe("");
    expect(places(en[key])).toEqual(places(es[key]));
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
