import { Link } from "wouter";

import { pathOf } from "@/config/routes";
import { useText } from "@/lib/i18n/use-text";

/** Only reached while developing: a deployed lab redirects unknown addresses to its home page. */
export function NotFoundPage() {
  const { t } = useText();
  return (
    <div className="page">
      <h1>{t("app.notFound")}</h1>
      <Link href={pathOf("home")} className="button button-primary">
        {t("app.toHome")}
      </Link>
    </div>
  );
}
