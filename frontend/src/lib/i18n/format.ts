import type { Language } from "@/lib/i18n/language";

const MISSING = "–";

/** A number with a fixed count of decimals; a dash for what is missing, a true minus sign. */
export function formatNumber(value: number | null | undefined, decimals: number, language: Language): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  const rounded = Number(value.toFixed(decimals)) === 0 ? 0 : value;
  const format = new Intl.NumberFormat(language, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    useGrouping: false,
  });
  return format.format(rounded).replace("-", "−");
}

/** A gain or limit without superfluous zeros: 4.3, 7, 0.25 (float32 noise is rounded away). */
export function formatPlain(value: number | null | undefined, language: Language): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  const format = new Intl.NumberFormat(language, { maximumSignificantDigits: 6, useGrouping: false });
  return format.format(value).replace("-", "−");
}

export function formatPercent(ratio: number | null, language: Language): string {
  return ratio === null ? MISSING : `${formatNumber(ratio * 100, 1, language)} %`;
}

export interface Age {
  readonly unit: "seconds" | "minutes" | "hours";
  readonly count: string;
}

/** An age in the unit that suits it: tenths below 10 s, then seconds, minutes, hours. */
export function formatAge(seconds: number, language: Language): Age {
  if (seconds < 10) return { unit: "seconds", count: formatNumber(seconds, 1, language) };
  if (seconds < 120) return { unit: "seconds", count: formatNumber(Math.floor(seconds), 0, language) };
  if (seconds < 7200) return { unit: "minutes", count: formatNumber(Math.floor(seconds / 60), 0, language) };
  return { unit: "hours", count: formatNumber(Math.floor(seconds / 3600), 0, language) };
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;

/** Time of day with seconds, in the browser's zone. */
export function formatClock(unixMs: number, language: Language): string {
  return new Intl.DateTimeFormat(language, CLOCK).format(unixMs);
}

/** Date and time; a dash for what is not a time. */
export function formatDateTime(time: string | number | null | undefined, language: Language): string {
  if (time === null || time === undefined) return MISSING;
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return MISSING;
  const format = { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat(language, format).format(date);
}
