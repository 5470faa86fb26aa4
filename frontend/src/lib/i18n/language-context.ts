import { createContext } from "react";

import { FALLBACK_LANGUAGE, type Language } from "@/lib/i18n/language";

export interface LanguageChoice {
  readonly language: Language;
  readonly choose: (language: Language) => void;
}

export const LanguageContext = createContext<LanguageChoice>({ language: FALLBACK_LANGUAGE, choose: () => undefined });
