import { useInfiniteQuery } from "@tanstack/react-query";

import { api, unwrap } from "@/lib/api/client";

const PAGE_ENTRIES = 10;

/** The notes of a device, newest first, a page at a time. */
export function useLog(deviceId: string) {
  return useInfiniteQuery({
    queryKey: ["log", deviceId],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE_ENTRIES, ...(pageParam === undefined ? {} : { before: pageParam }) };
      const params = { path: { device_id: deviceId }, query };
      return unwrap(api.GET("/api/devices/{device_id}/log", { params, signal }));
    },
    getNextPageParam: (page) => page.next ?? undefined,
  });
}
