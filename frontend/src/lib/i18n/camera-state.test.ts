import { describe, expect, it } from "vitest";

import { cameraStateKey } from "@/lib/i18n/camera-state";
import { LANGUAGES } from "@/lib/i18n/language";
import { textIn } from "@/lib/i18n/use-text";

interface Description {
  readonly components: { readonly schemas: { readonly CameraState: { readonly enum: readonly string[] } } };
}

// What the services themselves may say; a test of the backend keeps the file true.
const [description] = Object.values(import.meta.glob<Description>("/openapi.json", { eager: true }));
const STATES = description?.components.schemas.CameraState.enum ?? [];

describe.each(LANGUAGES)("a camera's state in %s", (language) => {
  const { t } = textIn(language);
  const neutral = t("cameraState.other");

  it.each(STATES)("%s has a sentence of its own", (state) => {
    expect(t(cameraStateKey(state))).toMatch(/^\p{Lu}.+\.$/u);
    expect(t(cameraStateKey(state))).not.toBe(neutral);
  });

  it.each(["later", "toString", "", null, undefined])("%j gets the neutral sentence", (state) => {
    expect(t(cameraStateKey(state))).toBe(neutral);
  });
});

it("has a different sentence for each state", () => {
  expect(STATES.length).toBeGreaterThan(0);
  expect(new Set(STATES.map(cameraStateKey)).size).toBe(STATES.length);
});
