import type { ReactNode } from "react";

import { QueryState } from "@/components/query-state";
import { useCameras } from "@/features/cameras/api/use-cameras";
import { useDevices } from "@/features/devices/api/use-devices";
import { useGateways } from "@/features/operator/api/use-gateways";
import { useRelease } from "@/features/operator/api/use-release";
import { useServices } from "@/features/operator/api/use-services";
import { CamerasTable } from "@/features/operator/components/cameras-table";
import { DevicesTable } from "@/features/operator/components/devices-table";
import { GatewaysTable } from "@/features/operator/components/gateways-table";
import { ServicesTable } from "@/features/operator/components/services-table";
import { useText } from "@/lib/i18n/use-text";

/** What runs where, for whoever keeps the laboratory going. */
export function OperatorPage() {
  const { t } = useText();
  const release = useRelease();
  const services = useServices();
  const gateways = useGateways();
  const devices = useDevices();
  const cameras = useCameras();
  return (
    <div className="page page-wide">
      <h1>{t("page.operator")}</h1>
      <p className="lead">{t("operator.lead")}</p>
      <ReleaseLine release={release.data} known={!release.isPending} />
      <Section title={t("operator.services")}>
        <QueryState query={services}>
          {(list) => <ServicesTable services={list} placed={release.data?.services ?? []} />}
        </QueryState>
      </Section>
      <Section title={t("operator.devices")}>
        <QueryState query={devices}>{(list) => <DevicesTable devices={list} />}</QueryState>
      </Section>
      <Section title={t("operator.gateways")}>
        <QueryState query={gateways}>{(list) => <GatewaysTable gateways={list} />}</QueryState>
      </Section>
      <Section title={t("operator.cameras")}>
        <QueryState query={cameras}>{(list) => <CamerasTable cameras={list} />}</QueryState>
      </Section>
      <p>
        <a href="/api/docs">{t("operator.apiDocs")}</a>
      </p>
    </div>
  );
}

interface ReleaseLineProps {
  readonly release: { number: number; deployed_at: string } | undefined;
  readonly known: boolean;
}

function ReleaseLine({ release, known }: ReleaseLineProps) {
  const { t, dateTime } = useText();
  if (!known) return null;
  return (
    <p>
      <strong>{t("operator.release")}.</strong>{" "}
      {release
        ? t("operator.releaseText", { number: release.number, time: dateTime(release.deployed_at) })
        : t("operator.releaseNone")}
    </p>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
