import { Link } from "wouter";

import { AeropendulumDrawing } from "@/components/aeropendulum-drawing";
import { QueryState } from "@/components/query-state";
import { pathOf } from "@/config/routes";
import { useDevices } from "@/features/devices/api/use-devices";
import { DeviceBadges } from "@/features/devices/components/device-badges";
import type { Device } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";

/** The choice between the simulated aeropendulum and the real one. */
export function AeropenduloPage() {
  const { t } = useText();
  const devices = useDevices();
  return (
    <div className="page">
      <h1>{t("page.aeropendulo")}</h1>
      <p className="lead">{t("choice.lead")}</p>
      <QueryState query={devices}>
        {(list) => (
          <ul className="card-grid card-grid-wide">
            <Choice kind="simulated" angle={-55} device={list.find((device) => device.virtual)} />
            <Choice kind="real" angle={-25} device={list.find((device) => device.default)} />
          </ul>
        )}
      </QueryState>
    </div>
  );
}

const TEXTS = {
  simulated: { name: "choice.simulated", text: "choice.simulatedText", open: "choice.openSimulated" },
  real: { name: "choice.real", text: "choice.realText", open: "choice.openReal" },
} as const;

interface ChoiceProps {
  readonly kind: keyof typeof TEXTS;
  readonly angle: number;
  readonly device: Device | undefined;
}

function Choice({ kind, angle, device }: ChoiceProps) {
  const { t, title } = useText();
  const texts = TEXTS[kind];
  return (
    <li className="card card-picture">
      <AeropendulumDrawing angle={angle} />
      <h2>{t(texts.name)}</h2>
      <p>{t(texts.text)}</p>
      {device ? (
        <>
          <p className="badges">
            <span className="muted">{title(device.title)}</span> <DeviceBadges status={device.status} />
          </p>
          <Link href={pathOf(kind)} className="button button-primary">
            {t(texts.open)}
          </Link>
        </>
      ) : (
        <p className="muted">{t("choice.missing")}</p>
      )}
    </li>
  );
}
