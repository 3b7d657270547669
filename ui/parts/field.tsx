/** @jsxImportSource preact */
// A field of a form: its label, the text, what it is for, and what is wrong with it: where, and the way out.

import type { ComponentChildren } from "preact";
import type { FieldProblem } from "../api.ts";

export type FieldProps = {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly problem?: FieldProblem | undefined;
  readonly hint?: ComponentChildren;
  readonly isOptional?: boolean;
  readonly isCode?: boolean;
  readonly rows?: number;
  readonly placeholder?: string;
  readonly isSecret?: boolean;
  readonly autocomplete?: string;
};

export function Field(props: FieldProps) {
  const {
    id,
    label,
    value,
    onText,
    problem,
    hint,
    isOptional,
    isCode,
    rows,
    placeholder,
    isSecret,
    autocomplete = "off",
  } = props;
  const described = [problem === undefined ? "" : `${id}-problem`, hint === undefined ? "" : `${id}-hint`].filter((
    each,
  ) => each !== "");
  const shared = {
    id,
    name: id,
    value,
    placeholder,
    class: isCode ? "code" : undefined,
    spellcheck: false,
    autocapitalize: "off" as const,
    autocomplete,
    "aria-invalid": problem === undefined ? undefined : "true" as const,
    "aria-describedby": described.length === 0 ? undefined : described.join(" "),
  };
  return (
    <div class="field">
      <label for={id}>
        {label}
        {isOptional && <span class="optional">optional</span>}
      </label>
      {rows === undefined
        ? <input {...shared} {...isSecret ? SECRET : TEXT} onInput={(event) => onText(event.currentTarget.value)} />
        : <textarea {...shared} rows={rows} onInput={(event) => onText(event.currentTarget.value)} />}
      <div id={`${id}-problem`} aria-live="polite">
        {problem !== undefined && <Wrong problem={problem} text={value} onText={onText} />}
      </div>
      {hint !== undefined && <p id={`${id}-hint`} class="hint">{hint}</p>}
    </div>
  );
}

const SECRET = { type: "password" } as const;
const TEXT = { type: "text" } as const;

/** Characters shown on each side of a wrong one. */
const AROUND = 28;

function Wrong({ problem, text, onText }: {
  readonly problem: FieldProblem;
  readonly text: string;
  readonly onText: (text: string) => void;
}) {
  const { message, position, suggestion } = problem;
  return (
    <div class="wrong">
      <p>{message}</p>
      {position !== undefined && text !== "" && <Position text={text} position={Math.min(position, text.length)} />}
      {/* Of a field that is empty it is what such a text looks like, and nobody's own. */}
      {suggestion !== undefined && text === "" && (
        <p>
          For example <code>{suggestion}</code>
        </p>
      )}
      {suggestion !== undefined && text !== "" && (
        <p>
          <button type="button" class="fix" onClick={() => onText(suggestion)}>
            Use <code>{suggestion}</code>
          </button>
        </p>
      )}
    </div>
  );
}

function Position({ text, position }: { readonly text: string; readonly position: number }) {
  const from = Math.max(0, position - AROUND);
  const to = Math.min(text.length, position + AROUND);
  const [first = " "] = text.slice(position);
  return (
    <p class="position">
      <span class="hidden">{`At character ${position + 1}: `}</span>
      <code>
        {from > 0 && "…"}
        {text.slice(from, position)}
        <mark>{first}</mark>
        {text.slice(position + first.length, to)}
        {to < text.length && "…"}
      </code>
    </p>
  );
}
