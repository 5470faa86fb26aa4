import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, describe, expect, it, vi } from "vitest";

import { LabLanguage } from "@/app/lab-language";
import { useText } from "@/lib/i18n/use-text";

interface Visit {
  /** What /api/lab has answered; absent: nothing yet. */
  readonly labLanguages?: readonly string[];
  readonly browser?: readonly string[];
  readonly chosen?: string;
}

function Page() {
  return useText().language;
}

function shownTo({ labLanguages, browser = ["de-DE"], chosen }: Visit): string {
  vi.stubGlobal("navigator", { languages: browser });
  vi.stubGlobal("localStorage", { getItem: () => chosen ?? null });
  const client = new QueryClient();
  if (labLanguages) client.setQueryData(["lab"], { languages: labLanguages });
  const page = createElement(LabLanguage, null, createElement(Page));
  return renderToStaticMarkup(createElement(QueryClientProvider, { client }, page));
}

afterEach(() => vi.unstubAllGlobals());

describe("the pages' language", () => {
  it("is the user's choice before all else", () => {
    expect(shownTo({ chosen: "en", browser: ["es-ES"], labLanguages: ["es", "en"] })).toBe("en");
  });

  it("is the browser's before the lab's", () => {
    expect(shownTo({ browser: ["de-DE", "es-MX"], labLanguages: ["en", "es"] })).toBe("es");
  });

  it.each(["es", "en"])("is the lab's (%s) where the browser prefers none of the pages'", (language) => {
    const labLanguages = [language, ...["es", "en"].filter((other) => other !== language)];
    expect(shownTo({ labLanguages })).toBe(language);
  });

  it("is English where the lab names no language of the pages", () => {
    expect(shownTo({ labLanguages: ["fr"] })).toBe("en");
  });

  it("waits for the lab only where it decides", () => {
    expect(shownTo({ browser: ["de"] })).toBe("");
    expect(shownTo({ browser: ["es"] })).toBe("es");
    expect(shownTo({ browser: ["de"], chosen: "en" })).toBe("en");
  });
});
