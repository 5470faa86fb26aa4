import { useQuery } from "@tanstack/react-query";

import { POLL_MS } from "@/config/timing";
import { api, unwrap } from "@/lib/api/client";

/** Whether each service answers its probe. */
export function useServices() {
  return useQuery({
    queryKey: ["services"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/services", { signal })),
    refetchInterval: POLL_MS,
  });
}
