import { useEffect, useMemo, useState, type ReactNode } from "react";

import { FALLBACK_LANGUAGE, visitorsLanguage, type Language } from "@/lib/i18n/language";
import { LanguageContext, type LanguageChoice } from "@/lib/i18n/language-context";
import { recall, remember } from "@/lib/storage";

const KEY = "language";

interface Props {
  /** The lab's own language: null where it names none, undefined as long as it may still do so. */
  readonly labs: Language | null | undefined;
  readonly children: ReactNode;
}

/** Gives the page its language and remembers what the user chose. */
export function LanguageProvider({ labs, children }: Props) {
  const [visitors, setVisitors] = useState(() => visitorsLanguage(recall(KEY), navigator.languages));
  const language = visitors ?? (labs === null ? FALLBACK_LANGUAGE : labs);

  useEffect(() => {
    if (language) document.documentElement.lang = language;
  }, [language]);

  const choice = useMemo<LanguageChoice | undefined>(() => {
    const choose = (chosen: Language) => {
      remember(KEY, chosen);
      setVisitors(chosen);
    };
    return language && { language, choose };
  }, [language]);
  // A moment of nothing is better than a moment of another language.
  return choice && <LanguageContext value={choice}>{children}</LanguageContext>;
}
