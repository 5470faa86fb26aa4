import { use } from "react";

import { LANGUAGE_NAMES, LANGUAGES } from "@/lib/i18n/language";
import { LanguageContext } from "@/lib/i18n/language-context";
import { useText } from "@/lib/i18n/use-text";

/** One button per language, each named in its own language. */
export function LanguageSwitch() {
  const { t } = useText();
  const { language, choose } = use(LanguageContext);
  return (
    <div className="language-switch" role="group" aria-label={t("app.language")}>
      {LANGUAGES.map((each) => (
        <button
          key={each}
          type="button"
          lang={each}
          aria-pressed={each === language}
          aria-label={LANGUAGE_NAMES[each]}
          onClick={() => choose(each)}
        >
          {each.toUpperCase()}
        </button>
      ))}
    </div>
  );
}
