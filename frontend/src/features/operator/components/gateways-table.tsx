import { DataTable } from "@/components/data-table";
import type { Schema } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";

/** The gateways and the connections that they turned away. */
export function GatewaysTable({ gateways }: { gateways: readonly Schema["GatewayStatus"][] }) {
  const { t, number, dateTime } = useText();
  return (
    <DataTable
      caption={t("operator.gateways")}
      none={t("operator.none")}
      rows={gateways}
      rowKey={(row) => row.gateway}
      columns={[
        { name: t("operator.gateway"), cell: (row) => row.gateway },
        { name: t("operator.started"), cell: (row) => dateTime(row.started_at) },
        { name: t("operator.devicesConnected"), numeric: true, cell: (row) => number(row.devices_connected, 0) },
        {
          name: t("operator.unknownDevices"),
          numeric: true,
          cell: (row) => (
            <>
              {number(row.unknown_device_connections, 0)}
              {row.last_unknown_device && (
                <small> ({t("operator.lastUnknown", { id: row.last_unknown_device })})</small>
              )}
            </>
          ),
        },
      ]}
    />
  );
}
