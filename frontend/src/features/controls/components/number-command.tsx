import { useId, useState, type KeyboardEvent, type SyntheticEvent } from "react";

import { CommandFeedback } from "@/features/controls/components/command-feedback";
import { useCommand } from "@/features/controls/components/use-command";
import { readNumber, type CommandKey, type Limits, type NumberProblem, type SendCommand } from "@/lib/device/commands";
import { useText } from "@/lib/i18n/use-text";

interface Props {
  readonly name: string;
  readonly commandKey: CommandKey;
  /** What the device reports now; the field shows it until something is typed. */
  readonly reported: number | null;
  readonly limits: Limits;
  readonly step: number;
  readonly slider?: boolean;
  readonly available: boolean;
  readonly send: SendCommand;
}

/** A number of the device: typed, checked against its limits, sent with Enter or the button. */
export function NumberCommand(props: Props) {
  const { name, commandKey, reported, limits, step, available, send } = props;
  const { t, plain } = useText();
  const id = useId();
  const command = useCommand(send);
  const [draft, setDraft] = useState<string | null>(null);
  const [problem, setProblem] = useState<NumberProblem | null>(null);
  const [minimum, maximum] = limits;
  const shown = draft ?? (reported === null ? "" : plain(reported));
  const current = readNumber(shown, limits);
  const sliderValue = typeof current === "number" ? current : (reported ?? 0);

  function edit(text: string) {
    setDraft(text);
    setProblem(null);
  }

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    setProblem(typeof current === "number" ? null : current);
    if (typeof current === "number" && available) void apply(current);
  }

  async function apply(value: number) {
    if (await command.run(commandKey, value)) setDraft(null);
  }

  function stepWithArrows(event: KeyboardEvent) {
    const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (direction === 0 || typeof current !== "number") return;
    event.preventDefault();
    const stepped = Math.round((current + direction * step) / step) * step;
    edit(plain(Math.min(maximum, Math.max(minimum, stepped))));
  }

  const range = { minimum: plain(minimum), maximum: plain(maximum) };
  return (
    <form className="number-command" onSubmit={submit} noValidate>
      <label htmlFor={id}>{name}</label>
      <div className="number-command-row">
        <input
          id={id}
          className="number"
          inputMode={minimum < 0 ? "text" : "decimal"}
          autoComplete="off"
          value={shown}
          aria-invalid={problem !== null}
          aria-describedby={`${id}-hint ${id}-problem`}
          onChange={(event) => edit(event.target.value)}
          onKeyDown={stepWithArrows}
        />
        <button type="submit" className="button button-plain" aria-disabled={!available} aria-label={t("control.applyNamed", { name })}>
          {t("control.apply")}
        </button>
      </div>
      {props.slider && (
        <input
          type="range"
          aria-label={name}
          min={minimum}
          max={maximum}
          step={step}
          value={sliderValue}
          onChange={(event) => edit(plain(event.target.valueAsNumber))}
        />
      )}
      <p id={`${id}-hint`} className="hint">
        <span className="number" data-reported={reported ?? ""}>{t("control.device", { value: plain(reported) })}</span>
        {" · "}
        {t("control.range", range)}
      </p>
      <p id={`${id}-problem`} className="feedback feedback-refused" role={problem ? "alert" : undefined}>
        {problem === "notANumber" && t("control.notANumber")}
        {problem === "outOfRange" && t("control.outOfRange", range)}
      </p>
      {problem === null && <CommandFeedback progress={command.progress} />}
    </form>
  );
}
