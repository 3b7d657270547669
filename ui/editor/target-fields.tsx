/** @jsxImportSource preact */
// Where a task sends to, and what: the target with all that may be said of it, the payload, and whether that is a template.

import type { FieldProblem } from "../api.ts";
import { Field } from "../parts/field.tsx";
import { text, write } from "./draft.ts";
import { sent } from "./sent.ts";

/** What a payload may have, as the peer says it. */
const PAYLOAD_MAX_BYTES = 256 * 1024;
/** From where on its length is worth saying. */
const PAYLOAD_SHOWN_BYTES = 1_024;

type Bound = {
  readonly id: string;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly problem: FieldProblem | undefined;
};

/** What is said of a target on few occasions: each is JSON, as the REST API takes it. */
const RARE: readonly (readonly [path: string, label: string, example: string, hint: string])[] = [
  [
    "target.success",
    "What counts as delivered",
    '{"status": [200, 202], "body": {"pointer": "/ok", "equals": true}}',
    "Each status from 200 to 299, when left out.",
  ],
  ["target.amqp", "Of AMQP", '{"persistent": true, "priority": 5, "expiration": "PT1H"}', ""],
  ["target.kafka", "Of Kafka", '{"key": "orders", "partition": 0, "sasl": "plain"}', ""],
  ["target.mqtt", "Of MQTT", '{"retain": false, "expiry": "PT1H"}', ""],
];

export function TargetFields({ bind }: { readonly bind: (path: string) => Bound }) {
  const payload = text("payload");
  const bytes = new TextEncoder().encode(payload).length;
  const isTemplate = text("template") === "true";
  const hasBraces = ["payload", "target.headers", "target.urn"].some((path) => text(path).includes("{{"));
  return (
    <section class="card panel">
      <h2>Where to</h2>
      <div class="with-method">
        <Select
          path="target.method"
          label="Method"
          options={[["", "POST"], ["GET", "GET"], ["PUT", "PUT"], ["PATCH", "PATCH"], ["DELETE", "DELETE"]]}
        />
        <Field
          {...bind("target.urn")}
          label="Target"
          isCode
          placeholder="https://example.org/hook"
          hint="A URL (http, amqp, kafka, mqtt), or @name of a target that is kept apart."
        />
      </div>
      <Field
        {...bind("payload")}
        label="Payload"
        isOptional
        isCode
        rows={4}
        placeholder='{"any": "JSON"}'
        hint={bytes < PAYLOAD_SHOWN_BYTES
          ? undefined
          : `${Math.ceil(bytes / 1_024)} of ${PAYLOAD_MAX_BYTES / 1_024} KiB`}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={isTemplate}
          onChange={(event) => write("template", event.currentTarget.checked ? "true" : "")}
        />
        <span>
          Fill in <code>{"{{…}}"}</code> for each attempt
        </span>
      </label>
      {!isTemplate && hasBraces && (
        <p class="hint">
          As it stands, <code>{"{{"}</code> is sent as it is written.
        </p>
      )}
      {isTemplate && <AsSent />}
      <details class="more" open={text("target.headers") !== ""}>
        <summary>Headers</summary>
        <Field
          {...bind("target.headers")}
          label="Headers"
          isOptional
          isCode
          rows={3}
          placeholder="X-Site: lyon"
          hint="One to a line, name: value."
        />
      </details>
      <details
        class="more"
        open={["target.cloudEvents", ...RARE.map(([path]) => path)].some((path) => text(path) !== "")}
      >
        <summary>Success, CloudEvents and brokers</summary>
        <Select
          path="target.cloudEvents"
          label="How an event is written"
          options={[
            ["", "CloudEvents: its attributes as headers"],
            ["structured", "CloudEvents: all of it as JSON"],
          ]}
        />
        {RARE.map(([path, label, example, hint]) => (
          <Field
            key={path}
            {...bind(path)}
            label={label}
            isOptional
            isCode
            rows={2}
            placeholder={example}
            hint={hint === "" ? undefined : hint}
          />
        ))}
      </details>
    </section>
  );
}

function Select({ path, label, options }: {
  readonly path: string;
  readonly label: string;
  readonly options: readonly (readonly [value: string, label: string])[];
}) {
  return (
    <label class="field">
      <span class="label-of">{label}</span>
      <select id={path} value={text(path)} onChange={(event) => write(path, event.currentTarget.value)}>
        {options.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
      </select>
    </label>
  );
}

/** What the peer makes of the template: for the next occurrence, at its first attempt. */
function AsSent() {
  const now = sent.value;
  return (
    <div class="as-sent" role="status" aria-label="As it is sent">
      <p class="hint">
        Known are <code>id</code>, <code>task</code>, <code>name</code>, <code>attempt</code>, <code>instant</code>,
        {" "}
        <code>now</code>, <code>previous.outcome</code> and <code>previous.instant</code>; a moment also as{" "}
        <code>{"{{instant:date@Europe/Paris}}"}</code>. Next it would send:
      </p>
      {now.kind === "wrong" && (
        <p class="wrong">
          <code>{now.problem.field}</code>: {now.problem.message}
        </p>
      )}
      {now.kind === "shown" && (
        <pre tabIndex={0} aria-label="The payload as it is sent">{JSON.stringify(now.payload, null, 2)}</pre>
      )}
      {now.kind === "shown" && now.target !== undefined && (
        <pre tabIndex={0} aria-label="The target as it is filled in">{targetText(now.target)}</pre>
      )}
    </div>
  );
}

function targetText(target: unknown): string {
  return typeof target === "string" ? target : JSON.stringify(target, null, 2);
}
