export const LANGUAGES = ["es", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The lab's language where neither the user nor the browser says otherwise. */
export const DEFAULT_LANGUAGE: Language = "es";

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { es: "Español", en: "English" };

export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.some((language) => language === value);
}

/** The user's own choice, else the browser's first language that the lab has, else the lab's. */
export function chooseLanguage(remembered: string | null, preferred: readonly string[]): Language {
  if (isLanguage(remembered)) return remembered;
  const known = preferred.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguage);
  return known ?? DEFAULT_LANGUAGE;
}
