import type { ReactNode } from "react";

import { freshnessOf } from "@/lib/live/freshness";
import { useText } from "@/lib/i18n/use-text";

interface Props {
  readonly name: string;
  readonly ageSeconds: number | null;
  readonly children?: ReactNode;
}

/** How old something shown is: a dot, the age in words, and what else is known about it. */
export function FreshnessLine({ name, ageSeconds, children }: Props) {
  const { t, age } = useText();
  const freshness = freshnessOf(ageSeconds);
  return (
    <p className={`freshness freshness-${freshness}`} data-freshness={freshness}>
      <span className="freshness-dot" aria-hidden="true" />
      <span className="freshness-name">{name}</span>
      <span className="number">
        {ageSeconds === null ? t("freshness.none") : t("freshness.age", { age: age(ageSeconds) })}
      </span>
      {freshness === "stale" && <strong>{t("freshness.stale")}</strong>}
      {children}
    </p>
  );
}
