import { use, useMemo } from "react";

import type { Title } from "@/lib/api/client";
import { en } from "@/lib/i18n/en";
import { es } from "@/lib/i18n/es";
import * as format from "@/lib/i18n/format";
import type { Language } from "@/lib/i18n/language";
import { LanguageContext } from "@/lib/i18n/language-context";
import { fill, type MessageKey, type Messages, type Parameters } from "@/lib/i18n/messages";

const TEXTS: Readonly<Record<Language, Messages>> = { es, en };

export interface Text {
  readonly language: Language;
  /** The text of a key in the page's language. */
  readonly t: (key: MessageKey, parameters?: Parameters) => string;
  /** What the lab itself calls something. */
  readonly title: (title: Title) => string;
  readonly number: (value: number | null | undefined, decimals: number) => string;
  readonly plain: (value: number | null | undefined) => string;
  readonly percent: (ratio: number | null) => string;
  readonly age: (seconds: number) => string;
  readonly clock: (unixMs: number) => string;
  readonly dateTime: (time: string | number | null | undefined) => string;
}

/** Texts, numbers and times in one language. */
export function textIn(language: Language): Text {
  const t = (key: MessageKey, parameters: Parameters = {}) => fill(TEXTS[language][key], parameters);
  return {
    language,
    t,
    title: (title) => title[language] || title.es,
    number: (value, decimals) => format.formatNumber(value, decimals, language),
    plain: (value) => format.formatPlain(value, language),
    percent: (ratio) => format.formatPercent(ratio, language),
    age: (seconds) => {
      const { unit, count } = format.formatAge(seconds, language);
      return t(`unit.${unit}`, { count });
    },
    clock: (unixMs) => format.formatClock(unixMs, language),
    dateTime: (time) => format.formatDateTime(time, language),
  };
}

export function useText(): Text {
  const { language } = use(LanguageContext);
  return useMemo(() => textIn(language), [language]);
}
