export const LANGUAGES = ["es", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Where neither user nor browser nor lab says otherwise. */
export const FALLBACK_LANGUAGE: Language = "en";

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { es: "Español", en: "English" };

export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.some((language) => language === value);
}

/** The user's own choice, else the browser's first language that the pages have; null where neither decides. */
export function visitorsLanguage(remembered: string | null, preferred: readonly string[]): Language | null {
  if (isLanguage(remembered)) return remembered;
  return preferred.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguage) ?? null;
}
