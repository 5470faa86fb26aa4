import { QueryClient } from "@tanstack/react-query";

import { ApiError } from "@/lib/api/client";

/** Asking again helps when the lab is restarting, not when it has said no. */
function worthRetrying(failures: number, error: Error): boolean {
  const refused = error instanceof ApiError && error.status >= 400 && error.status < 500;
  return !refused && failures < 3;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: worthRetrying, staleTime: 2_000 } } });
}
