import type { ReactNode } from "react";

import { useLabLanguage } from "@/features/lab/api/use-lab-language";
import { LanguageProvider } from "@/lib/i18n/language-provider";

/** Gives the page its language; where the visitor leaves it open, the lab's own. */
export function LabLanguage({ children }: { children?: ReactNode }) {
  return <LanguageProvider labs={useLabLanguage()}>{children}</LanguageProvider>;
}
