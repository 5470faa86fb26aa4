import { useMutation, useQueryClient } from "@tanstack/react-query";

import { api, ApiError, unwrap } from "@/lib/api/client";

export interface Note {
  /** Chosen by the page, so that saving the same note again never makes a second one. */
  readonly uuid: string;
  readonly text: string;
  readonly author: string;
}

/** Saves a note; tries again by itself when the lab does not answer. */
export function useSaveNote(deviceId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ uuid, text, author }: Note) => {
      const params = { path: { device_id: deviceId, uuid } };
      const body = author === "" ? { text } : { text, author };
      return unwrap(api.PUT("/api/devices/{device_id}/log/{uuid}", { params, body }));
    },
    retry: (failures, error) => failures < 4 && !(error instanceof ApiError && error.status < 500),
    retryDelay: (failures) => 500 * 2 ** failures,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["log", deviceId] }),
  });
}
