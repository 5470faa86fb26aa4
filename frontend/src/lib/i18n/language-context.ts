import { createContext } from "react";

import { DEFAULT_LANGUAGE, type Language } from "@/lib/i18n/language";

export interface LanguageChoice {
  readonly language: Language;
  readonly choose: (language: Language) => void;
}

export const LanguageContext = createContext<LanguageChoice>({ language: DEFAULT_LANGUAGE, choose: () => undefined });
