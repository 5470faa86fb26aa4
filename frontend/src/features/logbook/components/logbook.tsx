import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useId } from "react";

import { QueryState } from "@/components/query-state";
import { useLog } from "@/features/logbook/api/use-log";
import { NoteForm } from "@/features/logbook/components/note-form";
import type { LogEntry } from "@/lib/api/client";
import { useText } from "@/lib/i18n/use-text";
import type { LiveDevice } from "@/lib/live/live-device";

/** The logbook of a device: notes to read, new ones as they come, and one to write. */
export function Logbook({ live }: { live: LiveDevice }) {
  const { t } = useText();
  const heading = useId();
  const queries = useQueryClient();
  const log = useLog(live.id);

  useEffect(
    () => live.onNewLogEntry(() => void queries.invalidateQueries({ queryKey: ["log", live.id] })),
    [live, queries],
  );

  return (
    <section className="card logbook" aria-labelledby={heading}>
      <h2 id={heading}>{t("log.title")}</h2>
      <p className="muted">{t("log.lead")}</p>
      <NoteForm deviceId={live.id} />
      <QueryState query={log}>
        {(data) => <Notes entries={data.pages.flatMap((page) => page.entries)} />}
      </QueryState>
      {log.hasNextPage && (
        <button type="button" className="button button-plain" onClick={() => void log.fetchNextPage()}>
          {t("log.more")}
        </button>
      )}
    </section>
  );
}

function Notes({ entries }: { entries: readonly LogEntry[] }) {
  const { t, dateTime } = useText();
  if (entries.length === 0) return <p className="muted">{t("log.none")}</p>;
  return (
    <ol className="notes" aria-label={t("log.list")}>
      {entries.map((entry) => (
        <li key={entry.uuid}>
          <p className="note-head">
            <strong>{entry.author ?? t("log.anonymous")}</strong>{" "}
            <time dateTime={entry.created_at}>{dateTime(entry.created_at)}</time>
          </p>
          <p className="note-text">{entry.text}</p>
        </li>
      ))}
    </ol>
  );
}
