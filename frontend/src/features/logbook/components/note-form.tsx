import { useId, useState, type SyntheticEvent } from "react";

import { useSaveNote } from "@/features/logbook/api/use-save-note";
import { useText } from "@/lib/i18n/use-text";
import { recall, remember } from "@/lib/storage";
import { randomUuid } from "@/lib/uuid";

const LIMIT_BYTES = 4096;

const utf8 = new TextEncoder();

/** Writes a note. Until it is saved its text stays in the form, under one uuid. */
export function NoteForm({ deviceId }: { deviceId: string }) {
  const { t, plain } = useText();
  const id = useId();
  const save = useSaveNote(deviceId);
  const [uuid, setUuid] = useState(randomUuid);
  const [text, setText] = useState("");
  const [author, setAuthor] = useState(() => recall("author") ?? "");
  const [empty, setEmpty] = useState(false);
  const used = utf8.encode(text).length;
  const tooLong = used > LIMIT_BYTES;
  const size = { used: plain(used), limit: plain(LIMIT_BYTES) };

  function change(value: string) {
    setText(value);
    setEmpty(false);
    // Another text is another note: under the old uuid the lab would refuse it.
    if (save.isError) setUuid(randomUuid());
    if (!save.isIdle) save.reset();
  }

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    setEmpty(text.trim() === "");
    if (text.trim() === "" || tooLong || save.isPending) return;
    remember("author", author);
    save.mutate({ uuid, text: text.trim(), author: author.trim() }, { onSuccess: clear });
  }

  function clear() {
    setText("");
    setUuid(randomUuid());
  }

  let message = save.isSuccess ? t("log.saved") : "";
  if (empty) message = t("log.empty");
  if (tooLong) message = t("log.tooLong", size);
  if (save.isPending) message = t("log.saving");
  if (save.isError) message = t("log.notSaved", { reason: save.error.message });
  const bad = empty || tooLong || save.isError;

  return (
    <form className="note-form" onSubmit={submit} noValidate>
      <label htmlFor={`${id}-text`}>{t("log.text")}</label>
      <textarea
        id={`${id}-text`}
        rows={3}
        value={text}
        aria-invalid={empty || tooLong}
        aria-describedby={`${id}-size`}
        onChange={(event) => change(event.target.value)}
      />
      <p id={`${id}-size`} className="hint number">
        {t("log.bytes", size)}
      </p>
      <div className="note-form-end">
        <div className="field">
          <label htmlFor={`${id}-author`}>{t("log.author")}</label>
          <input
            id={`${id}-author`}
            value={author}
            maxLength={60}
            autoComplete="nickname"
            onChange={(event) => setAuthor(event.target.value)}
          />
        </div>
        <button type="submit" className="button button-primary" aria-disabled={save.isPending}>
          {t("log.save")}
        </button>
      </div>
      <p role="status" className={bad ? "feedback feedback-refused" : "feedback feedback-confirmed"}>
        {message}
      </p>
    </form>
  );
}
