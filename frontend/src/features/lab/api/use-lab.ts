import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "@/lib/api/client";

/** What the lab says about itself: title, languages, version, whether it takes commands. */
export function useLab() {
  return useQuery({
    queryKey: ["lab"],
    queryFn: ({ signal }) => unwrap(api.GET("/api/lab", { signal })),
    staleTime: 60_000,
  });
}
