import type { es } from "@/lib/i18n/es";

export type MessageKey = keyof typeof es;
/** A language is complete when it has a text for every key: the compiler checks it. */
export type Messages = Readonly<Record<MessageKey, string>>;
export type Parameters = Readonly<Record<string, string | number>>;

/** Puts parameters into the `{name}` places of a text. */
export function fill(text: string, parameters: Parameters): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(parameters[name] ?? place));
}
