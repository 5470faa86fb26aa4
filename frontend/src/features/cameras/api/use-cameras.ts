import { useQuery } from "@tanstack/react-query";

import { POLL_MS } from "@/config/timing";
import { api, unwrap } from "@/lib/api/client";

/** All cameras of the lab and whether they give a picture. */
export function useCameras() {
  return useQuery({
    queryKey: ["cameras"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/cameras", { signal })),
    refetchInterval: POLL_MS,
  });
}
