import { useEffect, useState } from "react";

import { LANGUAGE_WAIT_MS } from "@/config/timing";
import { useLab } from "@/features/lab/api/use-lab";
import { isLanguage, type Language } from "@/lib/i18n/language";

interface Question {
  readonly data: { readonly languages: readonly string[] } | undefined;
  readonly failureCount: number;
}

/** The lab's own language: null where it names none that the pages have, undefined while that is open. */
export function labLanguage({ data, failureCount }: Question, { waited }: { waited: boolean }): Language | null | undefined {
  if (data) return data.languages.find(isLanguage) ?? null;
  return failureCount > 0 || waited ? null : undefined;
}

export function useLabLanguage(): Language | null | undefined {
  const lab = useLab();
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), LANGUAGE_WAIT_MS);
    return () => clearTimeout(timer);
  }, []);
  return labLanguage(lab, { waited });
}
