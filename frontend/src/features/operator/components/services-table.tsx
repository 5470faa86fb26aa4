import { Badge } from "@/components/badge";
import { DataTable } from "@/components/data-table";
import type { PlacedService } from "@/features/operator/api/use-release";
import type { Schema } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";

interface Props {
  readonly placed: readonly PlacedService[];
  readonly services: readonly Schema["ServiceStatus"][];
}

interface Row {
  readonly key: string;
  readonly name: string;
  readonly summary: string;
  readonly host: string;
  readonly version: string;
  readonly status: Schema["ServiceStatus"] | undefined;
}

/** Each replica with its host and version, and whether its service answers. */
export function ServicesTable({ placed, services }: Props) {
  const { t, number } = useText();
  return (
    <DataTable
      caption={t("operator.services")}
      none={t("operator.none")}
      rows={joinRows(placed, services)}
      rowKey={(row) => row.key}
      columns={[
        { name: t("operator.service"), cell: (row) => row.name },
        { name: t("operator.host"), cell: (row) => row.host },
        { name: t("operator.state"), cell: (row) => <Health status={row.status} /> },
        {
          name: t("operator.latency"),
          numeric: true,
          cell: (row) => t("unit.milliseconds", { count: number(row.status?.latency_ms, 0) }),
        },
        { name: t("operator.version"), cell: (row) => <code>{row.version}</code> },
        { name: t("operator.summary"), cell: (row) => <span className="muted">{row.summary}</span> },
      ]}
    />
  );
}

function Health({ status }: { status: Schema["ServiceStatus"] | undefined }) {
  const { t } = useText();
  if (!status) return <span className="muted">{t("operator.noProbe")}</span>;
  if (status.healthy) return <Badge tone="good">{t("operator.healthy")}</Badge>;
  return (
    <>
      <Badge tone="bad">{t("operator.unhealthy")}</Badge> <small>{status.detail}</small>
    </>
  );
}

function joinRows(placed: Props["placed"], services: Props["services"]): Row[] {
  const statusOf = (name: string) => services.find((service) => service.name === name);
  const rows = placed.map((each) => ({
    key: `${each.name}-${each.replica}`,
    name: each.replica > 1 ? `${each.name} ${each.replica}` : each.name,
    summary: each.summary,
    host: each.host,
    version: each.image_tag.slice(0, 12),
    status: statusOf(each.name),
  }));
  // A service that is probed but not in the release still has to be seen.
  const unplaced = services.filter((service) => !placed.some((each) => each.name === service.name));
  const rest = unplaced.map((status) => ({
    key: status.name,
    name: status.name,
    summary: status.summary,
    host: "–",
    version: "–",
    status,
  }));
  return [...rows, ...rest];
}
