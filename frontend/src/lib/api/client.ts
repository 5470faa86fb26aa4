import createClient from "openapi-fetch";

import type { components, paths } from "@/lib/api/schema";

export type Schema = components["schemas"];
/** openapi-fetch takes a pair (the two limits) for a list of any length. */
export type Device = Omit<Schema["Device"], "limits"> & { limits: Record<string, number[]> };
export type DeviceStatus = Schema["DeviceStatus"];
export type Camera = Schema["Camera"];
export type CameraState = Schema["CameraState"];
export type Title = Schema["Title"];
export type LogEntry = Schema["LogEntry"];

export const api = createClient<paths>({ baseUrl: "/" });

/** An answer of the lab that is not a success, in its own words. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; throws ApiError with the lab's own words otherwise. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (data !== undefined && response.ok) return data;
  throw new ApiError(response.status, problemMessage(error) ?? `HTTP ${response.status}`);
}

function problemMessage(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  if (typeof error !== "object" || error === null || !("message" in error)) return undefined;
  return String(error.message);
}
