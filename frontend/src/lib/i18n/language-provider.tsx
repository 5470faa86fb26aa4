import { useEffect, useMemo, useState, type ReactNode } from "react";

import { chooseLanguage, type Language } from "@/lib/i18n/language";
import { LanguageContext } from "@/lib/i18n/language-context";
import { recall, remember } from "@/lib/storage";

const KEY = "language";

/** Gives the page its language and remembers what the user chose. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => chooseLanguage(recall(KEY), navigator.languages));

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const choice = useMemo(
    () => ({
      language,
      choose: (chosen: Language) => {
        remember(KEY, chosen);
        setLanguage(chosen);
      },
    }),
    [language],
  );
  return <LanguageContext value={choice}>{children}</LanguageContext>;
}
