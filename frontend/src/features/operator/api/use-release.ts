import { useQuery } from "@tanstack/react-query";

import { POLL_MS } from "@/config/timing";
import { ApiError } from "@/lib/api/client";

/** One replica that a release placed; `host` is the inventory's name, never an address. */
export interface PlacedService {
  readonly name: string;
  readonly replica: number;
  readonly host: string;
  readonly image_tag: string;
  readonly summary: string;
}

/** Written by the deploy and served by the front door, so it is not in the backend's OpenAPI. */
export interface Release {
  readonly number: number;
  readonly deployed_at: string;
  readonly services: readonly PlacedService[];
}

async function getRelease(signal: AbortSignal): Promise<Release> {
  const response = await fetch("/api/release", { signal });
  if (!response.ok) throw new ApiError(response.status, `HTTP ${response.status}`);
  return (await response.json()) as Release;
}

/** What the last deploy placed where. */
export function useRelease() {
  return useQuery({
    queryKey: ["release"],
    queryFn: ({ signal }) => getRelease(signal),
    refetchInterval: 3 * POLL_MS,
  });
}
