import { FRAME_KEYS, type Frame } from "@/lib/device/frame";

interface Row {
  readonly time: number;
  readonly frame: Frame;
}

/** Samples as CSV: the server's time (ISO 8601, UTC), then the 16 values under the protocol's names. */
export function samplesAsCsv(rows: readonly Row[]): string {
  const head = ["time", ...FRAME_KEYS].join(",");
  const lines = rows.map(({ time, frame }) =>
    [new Date(time).toISOString(), ...FRAME_KEYS.map((key) => frame[key] ?? "")].join(","),
  );
  return `${[head, ...lines].join("\r\n")}\r\n`;
}

/** Offers a text as a file to save. */
export function saveAsFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
