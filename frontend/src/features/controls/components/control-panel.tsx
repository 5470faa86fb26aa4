import { useId } from "react";

import { ModeControl } from "@/features/controls/components/mode-control";
import { NumberCommand } from "@/features/controls/components/number-command";
import { RunControls } from "@/features/controls/components/run-controls";
import type { Device } from "@/lib/api/client";
import { FALLBACK_LIMITS, type Limits, type SendCommand } from "@/lib/device/commands";
import type { DeviceState, Frame } from "@/lib/device/frame";
import { useText } from "@/lib/i18n/use-text";

interface Props {
  readonly limits: Device["limits"];
  readonly state: DeviceState;
  readonly frame: Frame | null;
  /** Whether commands can reach the device at all. */
  readonly available: boolean;
  readonly send: SendCommand;
}

const GAINS = ["Kp", "Ki", "Kd"] as const;

/** Everything that drives the device. */
export function ControlPanel({ limits, state, frame, available, send }: Props) {
  const { t } = useText();
  const heading = useId();
  const limitsOf = (key: keyof typeof FALLBACK_LIMITS): Limits => {
    const [minimum, maximum] = limits[key] ?? [];
    return minimum === undefined || maximum === undefined ? FALLBACK_LIMITS[key] : [minimum, maximum];
  };
  return (
    <section className="card controls" aria-labelledby={heading}>
      <h2 id={heading}>{t("control.title")}</h2>
      <RunControls state={state} available={available} send={send} />
      <ModeControl state={state} reported={frame?.ctrl_mode ?? null} available={available} send={send} />
      <fieldset>
        <legend>{t("control.gains")}</legend>
        <div className="gains">
          {GAINS.map((key) => (
            <NumberCommand
              key={key}
              name={key}
              commandKey={key}
              reported={frame?.[key] ?? null}
              limits={limitsOf(key)}
              step={0.1}
              available={available}
              send={send}
            />
          ))}
        </div>
      </fieldset>
      <div>
        <NumberCommand
          name={t("control.speed")}
          commandKey="vel_man"
          reported={frame?.vel_man ?? null}
          limits={limitsOf("vel_man")}
          step={10}
          slider
          available={available}
          send={send}
        />
        <p className="hint">{t("control.speedHint")}</p>
      </div>
    </section>
  );
}
