/** @jsxImportSource preact */
// How a task behaves when something is not as it should be: each rule with its default, in words.

import type { FieldProblem } from "../api.ts";
import { Field } from "../parts/field.tsx";

type Bound = {
  readonly id: string;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly problem: FieldProblem | undefined;
};

type Bind = (path: string) => Bound;

export function PolicyFields({ bind }: { readonly bind: Bind }) {
  return (
    <div class="rules">
      <Rule
        bound={bind("policy.misfire")}
        label="The peer was off when it was due"
        options={[
          ["", "send the latest missed one"],
          ["all", "send all, one after another"],
          ["skip", "send none"],
        ]}
      />
      <Rule
        bound={bind("policy.overlap")}
        label="The one before is still being delivered"
        options={[
          ["", "send both"],
          ["skip", "leave the new one out"],
          ["queue-one", "let one wait"],
          ["queue-all", "let all wait"],
          ["cancel-previous", "give the old one up"],
        ]}
      />
      <Rule
        bound={bind("policy.partition")}
        label="The mesh is cut in two"
        options={[
          ["", "each side fires, same id"],
          ["hold", "only the majority's side fires"],
          ["home", "only peers of its placement fire"],
        ]}
      />
      <Rule
        bound={bind("policy.delivery")}
        label="The peer dies while it sends"
        options={[
          ["", "send again: at least once"],
          ["at-most-once", "do not send again: at most once"],
        ]}
      />
      <details class="more">
        <summary>Retries, time limits and ends</summary>
        <h3>When it fails</h3>
        <div class="grid-3">
          <Field {...bind("policy.retry.limit")} label="Retries" placeholder="5" />
          <Field {...bind("policy.retry.base")} label="First wait" isCode placeholder="PT1S" />
          <Field {...bind("policy.retry.factor")} label="Each wait, times" placeholder="2" />
          <Field {...bind("policy.retry.cap")} label="Longest wait" isCode placeholder="PT5M" />
          <Field {...bind("policy.retry.maxAge")} label="Give up after" isCode placeholder="PT1H" />
          <Field {...bind("policy.pauseAfterFailures")} label="Pause after failures" placeholder="never" />
        </div>
        <h3>How long it may take</h3>
        <div class="grid-3">
          <Field {...bind("policy.tolerance")} label="May be late by" isCode placeholder="PT1M" />
          <Field {...bind("policy.timeout.connect")} label="Connect within" isCode placeholder="PT5S" />
          <Field {...bind("policy.timeout.total")} label="Answer within" isCode placeholder="PT30S" />
          <Field {...bind("policy.misfireWindow")} label="Missed ones, back to" isCode placeholder="PT1H" />
        </div>
        <p class="hint">
          Spans are written as in ISO 8601: <code>PT30S</code>, <code>PT5M</code>, <code>PT1H</code>,{" "}
          <code>P1D</code>. What is left out is as it says in grey.
        </p>
        <h3>Where else</h3>
        <Field
          {...bind("policy.fallback")}
          label="When all retries fail, send to"
          isOptional
          isCode
          rows={2}
          placeholder='[{"urn": "https://backup.example.org/hook"}]'
          hint="A list of targets, tried in this order."
        />
        <Field
          {...bind("policy.placement")}
          label="Only these peers fire it"
          isOptional
          isCode
          rows={2}
          placeholder='{"match": {"site": "lyon"}}'
          hint="By their labels; any peer, when left out."
        />
        <label class="check">
          <input
            type="checkbox"
            checked={bind("policy.removeWhenDone").value === "true"}
            onChange={(event) => bind("policy.removeWhenDone").onText(event.currentTarget.checked ? "true" : "")}
          />
          <span>Delete the task when its schedule is used up</span>
        </label>
      </details>
    </div>
  );
}

function Rule({ bound, label, options }: {
  readonly bound: Bound;
  readonly label: string;
  readonly options: readonly (readonly [value: string, text: string])[];
}) {
  return (
    <label class="rule">
      <span>{label}</span>
      <select
        id={bound.id}
        value={options.some(([value]) => value === bound.value) ? bound.value : ""}
        onChange={(event) => bound.onText(event.currentTarget.value)}
      >
        {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
      </select>
      {bound.problem !== undefined && <span class="wrong">{bound.problem.message}</span>}
    </label>
  );
}
