import { Link } from "wouter";

import { AeropendulumDrawing } from "@/components/aeropendulum-drawing";
import { Badge } from "@/components/badge";
import { pathOf } from "@/config/routes";
import { useText } from "@/lib/i18n/use-text";

export function LabsPage() {
  const { t } = useText();
  return (
    <div className="page">
      <h1>{t("page.labs")}</h1>
      <p className="lead">{t("labs.lead")}</p>
      <ul className="card-grid">
        <li className="card card-picture">
          <AeropendulumDrawing angle={-40} />
          <h2>
            <Link href={pathOf("aeropendulo")}>{t("page.aeropendulo")}</Link>
          </h2>
          <p>{t("labs.aeropendulo")}</p>
        </li>
        <AbsentLab page="modulitos" />
        <AbsentLab page="pendulo" />
      </ul>
    </div>
  );
}

function AbsentLab({ page }: { page: "modulitos" | "pendulo" }) {
  const { t } = useText();
  return (
    <li className="card card-absent">
      <h2>
        <Link href={pathOf(page)}>{t(`page.${page}`)}</Link>
      </h2>
      <p>{t(`labs.${page}`)}</p>
      <p>
        <Badge>{t("labs.notInstalled")}</Badge>
      </p>
    </li>
  );
}
