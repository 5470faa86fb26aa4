import { useQuery } from "@tanstack/react-query";

import { POLL_MS } from "@/config/timing";
import { api, unwrap } from "@/lib/api/client";

/** All devices of the lab with their status. */
export function useDevices() {
  return useQuery({
    queryKey: ["devices"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/devices", { signal })),
    refetchInterval: POLL_MS,
  });
}
