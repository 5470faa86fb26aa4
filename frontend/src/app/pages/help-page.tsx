import { lazy, Suspense } from "react";
import { Link } from "wouter";

import { pathOf } from "@/config/routes";
import { useText } from "@/lib/i18n/use-text";

const HelpEs = lazy(() => import("@/features/help/components/help-es").then((file) => ({ default: file.HelpEs })));
const HelpEn = lazy(() => import("@/features/help/components/help-en").then((file) => ({ default: file.HelpEn })));

type Topic = "docs" | "theory";

/** The lab's help: how the page is used, and the theory behind it. */
export function HelpPage({ topic }: { topic: Topic }) {
  const { t, language } = useText();
  const Help = language === "es" ? HelpEs : HelpEn;
  return (
    <div className="page prose">
      <nav className="tabs" aria-label={t("page.docs")}>
        {(["docs", "theory"] as const).map((each) => (
          <Link key={each} href={pathOf(each)} aria-current={each === topic ? "page" : undefined}>
            {t(`page.${each}`)}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<p className="muted">{t("app.loading")}</p>}>
        <Help topic={topic} />
      </Suspense>
    </div>
  );
}
