/** @jsxImportSource preact */
// Tasks from a file: as they were exported, a line each, or as one JSON list. The peer answers each of them.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { failureText } from "../api.ts";

type Answered =
  | { readonly line: number; readonly status: 200 | 201; readonly id: string }
  | { readonly line: number; readonly status: number; readonly problem: { readonly detail: string } };

type Outcome = {
  readonly added: number;
  readonly replaced: number;
  readonly refused: readonly { readonly line: number; readonly why: string }[];
};

const TYPE = "application/x-ndjson";
/** What was refused is told up to here; the first say most. */
const REFUSED_SHOWN = 10;

export function Import() {
  const input = useRef<HTMLInputElement>(null);
  const isSending = useSignal(false);
  const outcome = useSignal<Outcome | undefined>(undefined);
  const problem = useSignal("");
  async function send(file: File): Promise<void> {
    isSending.value = true;
    problem.value = "";
    outcome.value = undefined;
    try {
      const answers = await batch(linesIn(await file.text()));
      outcome.value = {
        added: answers.filter(({ status }) => status === 201).length,
        replaced: answers.filter(({ status }) => status === 200).length,
        refused: answers.flatMap((each) => "problem" in each ? [{ line: each.line, why: each.problem.detail }] : []),
      };
    } catch (error) {
      problem.value = `${file.name}: ${error instanceof Error ? error.message : String(error)}`;
    }
    isSending.value = false;
    if (input.current !== null) input.current.value = "";
  }
  return (
    <>
      <label class="button" aria-disabled={isSending.value}>
        <span>{isSending.value ? "Sending…" : "Import"}</span>
        <input
          ref={input}
          type="file"
          class="hidden"
          accept=".ndjson,.jsonl,.json,application/json"
          disabled={isSending.value}
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file !== undefined) void send(file);
          }}
        />
      </label>
      <div role="status" class="imported">
        {outcome.value !== undefined && <Said outcome={outcome.value} />}
        {problem.value !== "" && <p class="wrong">{problem.value}</p>}
      </div>
    </>
  );
}

function Said({ outcome: { added, replaced, refused } }: { readonly outcome: Outcome }) {
  return (
    <>
      <p>{added} added, {replaced} replaced{refused.length > 0 && `, ${refused.length} refused`}.</p>
      {refused.slice(0, REFUSED_SHOWN).map(({ line, why }) => <p class="wrong" key={line}>Line {line}: {why}</p>)}
      {refused.length > REFUSED_SHOWN && <p class="none">The others are refused too.</p>}
    </>
  );
}

/** A JSON list becomes a line for each; lines stay as they are. */
function linesIn(text: string): string {
  if (!text.trimStart().startsWith("[")) return text;
  const list: unknown = JSON.parse(text);
  return Array.isArray(list) ? list.map((each) => `${JSON.stringify(each)}\n`).join("") : text;
}

async function batch(lines: string): Promise<readonly Answered[]> {
  const sending = fetch("/api/v1/tasks:batch", { method: "POST", headers: { "content-type": TYPE }, body: lines });
  const { isTaken, status, text } = await sending.then(
    async (response) => ({ isTaken: response.ok, status: response.status, text: await response.text() }),
  ).catch(() => {
    throw new Error(failureText({ kind: "unreachable" }));
  });
  if (!isTaken) throw new Error(`the peer answered with status ${status}: nothing is imported`);
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Answered);
}
