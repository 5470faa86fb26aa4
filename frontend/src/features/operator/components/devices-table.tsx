import { Badge } from "@/components/badge";
import { DataTable, type TableColumn } from "@/components/data-table";
import type { Device, DeviceStatus } from "@/lib/api/client";
import { useText, type Text } from "@/lib/i18n/use-text";

/** The devices: how they are connected and what went wrong on their connections. */
export function DevicesTable({ devices }: { devices: readonly Device[] }) {
  const text = useText();
  return (
    <DataTable
      caption={text.t("operator.devices")}
      none={text.t("operator.none")}
      rows={devices}
      rowKey={(row) => row.id}
      columns={columnsIn(text)}
    />
  );
}

function columnsIn({ t, title, number, age }: Text): TableColumn<Device>[] {
  const count = (name: string, key: "frames" | "connections_refused" | "connections_replaced") => ({
    name,
    numeric: true,
    cell: (row: Device) => number(row.status?.[key], 0),
  });
  return [
    { name: t("operator.device"), cell: (row) => title(row.title) },
    { name: t("operator.connection"), cell: (row) => <Connection status={row.status} /> },
    { name: t("operator.state"), cell: (row) => t(`state.${row.status?.state ?? "unknown"}`) },
    { name: t("operator.age"), numeric: true, cell: (row) => ageCell(row.status?.age_seconds, age) },
    count(t("operator.frames"), "frames"),
    { name: t("operator.unknownFrames"), numeric: true, cell: (row) => <UnknownFrames status={row.status} /> },
    count(t("operator.refused"), "connections_refused"),
    count(t("operator.replaced"), "connections_replaced"),
  ];
}

function ageCell(seconds: number | null | undefined, age: Text["age"]): string {
  return typeof seconds === "number" ? age(seconds) : "–";
}

function Connection({ status }: { status: DeviceStatus | null | undefined }) {
  const { t } = useText();
  if (!status) return t("device.unknown");
  if (!status.connected) return <Badge tone="bad">{t("device.disconnected")}</Badge>;
  const kind = status.simulated ? t("device.simulatedConnection") : t("device.realConnection");
  return (
    <>
      <Badge tone={status.simulated ? "warn" : "good"}>{kind}</Badge> <small>{status.gateway}</small>
    </>
  );
}

function UnknownFrames({ status }: { status: DeviceStatus | null | undefined }) {
  const { t, number } = useText();
  return (
    <>
      {number(status?.unknown_frames, 0)}
      {typeof status?.last_unknown_length === "number" && (
        <small> ({t("operator.lastLength", { bytes: status.last_unknown_length })})</small>
      )}
    </>
  );
}
