import { Badge } from "@/components/badge";
import { DataTable } from "@/components/data-table";
import type { Camera } from "@/lib/api/client";
import { cameraStateKey } from "@/lib/i18n/camera-state";
import { useText } from "@/lib/i18n/use-text";

/** The cameras: picture or why not, format, who watches. */
export function CamerasTable({ cameras }: { cameras: readonly Camera[] }) {
  const { t, title, number } = useText();
  return (
    <DataTable
      caption={t("operator.cameras")}
      none={t("operator.none")}
      rows={cameras}
      rowKey={(row) => row.id}
      columns={[
        { name: t("operator.camera"), cell: (row) => title(row.title) },
        { name: t("operator.state"), cell: (row) => <Live status={row.status} /> },
        { name: t("operator.picture"), cell: ({ status }) => format(status, number) },
        { name: t("operator.viewers"), numeric: true, cell: (row) => number(row.status?.viewers, 0) },
      ]}
    />
  );
}

function Live({ status }: { status: Camera["status"] }) {
  const { t } = useText();
  const live = status?.live === true;
  return (
    <>
      {live ? <Badge tone="good">{t("operator.live")}</Badge> : <Badge tone="bad">{t("operator.notLive")}</Badge>}{" "}
      {(!live || status.state === "frozen") && (
        <small>
          {t(cameraStateKey(status?.state))} <span lang="en">{status?.reason && `(${status.reason})`}</span>
        </small>
      )}
    </>
  );
}

function format(status: Camera["status"], number: (value: number, decimals: number) => string): string {
  if (!status?.width || !status.height) return "–";
  const size = `${status.width}×${status.height}`;
  return typeof status.fps === "number" ? `${size}, ${number(status.fps, 0)}/s` : size;
}
