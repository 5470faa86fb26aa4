import { Link } from "wouter";

import { Badge } from "@/components/badge";
import { pathOf } from "@/config/routes";
import { useText } from "@/lib/i18n/use-text";

/** A laboratory that students know from elsewhere and that this site does not have. */
export function NotInstalledPage({ page }: { page: "modulitos" | "pendulo" }) {
  const { t } = useText();
  return (
    <div className="page">
      <div className="card card-absent not-installed">
        <h1>{t(`page.${page}`)}</h1>
        <p>{t(`labs.${page}`)}</p>
        <p>
          <Badge tone="warn">{t("labs.notInstalled")}</Badge>
        </p>
        <p>{t("labs.notInstalledText")}</p>
        <Link href={pathOf("labs")} className="button button-primary">
          {t("labs.toList")}
        </Link>
      </div>
    </div>
  );
}
