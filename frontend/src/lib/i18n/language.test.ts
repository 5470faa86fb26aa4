import { describe, expect, it } from "vitest";

import { chooseLanguage } from "@/lib/i18n/language";

describe("chooseLanguage", () => {
  it("keeps what the user chose", () => {
    expect(chooseLanguage("en", ["es-ES"])).toBe("en");
  });

  it("takes the browser's first language that the lab has", () => {
    expect(chooseLanguage(null, ["de-DE", "en-GB", "es"])).toBe("en");
  });

  it("falls back to the lab's Spanish", () => {
    expect(chooseLanguage(null, ["de", "fr"])).toBe("es");
    expect(chooseLanguage("xx", [])).toBe("es");
  });
});
