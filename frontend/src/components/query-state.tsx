import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ActionButton } from "@/components/action-button";
import { ApiError } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";

interface Props<T> {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}

/** What a query brought; while there is nothing yet, that it loads or why it failed. */
export function QueryState<T>({ query, children }: Props<T>) {
  const { t } = useText();
  if (query.data !== undefined) return children(query.data);
  if (query.isPending) return <p className="muted">{t("app.loading")}</p>;
  const { error } = query;
  const reason = error instanceof ApiError ? error.message : t("app.noAnswer");
  return (
    <div className="query-failed" role="alert">
      <p>{t("app.failed", { reason })}</p>
      <ActionButton onPress={() => void query.refetch()}>{t("app.retry")}</ActionButton>
    </div>
  );
}
