import { expect, it } from "vitest";

import { labLanguage } from "@/features/lab/api/use-lab-language";

const ASKING = { data: undefined, failureCount: 0 };

it("is the first language that the lab tells of", () => {
  expect(labLanguage({ data: { languages: ["es", "en"] }, failureCount: 0 }, { waited: false })).toBe("es");
});

it("is open as long as the answer may come soon", () => {
  expect(labLanguage(ASKING, { waited: false })).toBeUndefined();
});

it("is none once the lab failed to answer, or lets the visitor wait", () => {
  expect(labLanguage({ ...ASKING, failureCount: 1 }, { waited: false })).toBeNull();
  expect(labLanguage(ASKING, { waited: true })).toBeNull();
});

it("comes late rather than never", () => {
  expect(labLanguage({ data: { languages: ["es", "en"] }, failureCount: 1 }, { waited: true })).toBe("es");
});
