import { describe, expect, it } from "vitest";

import { visitorsLanguage } from "@/lib/i18n/language";

describe("visitorsLanguage", () => {
  it("keeps what the user chose", () => {
    expect(visitorsLanguage("en", ["es-ES"])).toBe("en");
  });

  it("takes the browser's first language that the pages have", () => {
    expect(visitorsLanguage(null, ["de-DE", "en-GB", "es"])).toBe("en");
  });

  it("leaves it open where neither names a language that the pages have", () => {
    expect(visitorsLanguage(null, ["de", "fr"])).toBeNull();
    expect(visitorsLanguage("xx", [])).toBeNull();
  });
});
