import { useQuery } from "@tanstack/react-query";

import { POLL_MS } from "@/config/timing";
import { api, unwrap } from "@/lib/api/client";

/** The gateways that speak with the devices. */
export function useGateways() {
  return useQuery({
    queryKey: ["gateways"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/gateways", { signal })),
    refetchInterval: POLL_MS,
  });
}
