// The editor of a task.

import assert from "node:assert/strict";
import { browserTest, eachSecond, until } from "./world.ts";

/** By hand only: its first hour is far, so that none strikes while a test looks. */
const HOURLY = "R/2030-01-01T00:00:00Z/PT1H";
const AT = { at: "/ui/edit" };

browserTest("a task is written, previewed, added, and seen delivered without a reload", async ({ enter, receiver }) => {
  const { page } = await enter(AT);
  await page.getByLabel("Name").fill("Every second");
  await page.locator("#schedule").fill(eachSecond());
  await page.locator(".preview .says").waitFor();
  assert.equal(await page.locator(".preview tbody tr").count(), 10);
  await page.locator("[id='target.urn']").fill(receiver.url);
  await page.locator("#payload").fill('{"say": "hello"}');
  await page.getByRole("button", { name: "Add task" }).click();
  await page.getByRole("heading", { name: "Every second" }).waitFor();
  assert.equal(new URL(page.url()).search, "?id=every-second", "who says no id finds it by its name");
  await page.locator("[data-run]").getByText("delivered").first().waitFor();
  await until("more runs appear by themselves", async () => await page.locator("[data-run]").count() >= 3);
  assert.equal(receiver.received[0]?.body, '{"say":"hello"}');
  const ids = await page.locator("[data-run]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-run")));
  const known = () => new Set(receiver.received.map(({ id }) => id));
  await until("what is shown has arrived", () => ids.every((id) => id !== null && known().has(id)));
});

browserTest("a wrong schedule is told where it is wrong, and the suggestion mends it", async ({ enter }) => {
  const { page } = await enter(AT);
  const schedule = page.locator("#schedule");
  await schedule.fill("R/2026-12-01T09:00:00Z/P1H");
  const problem = page.locator("#schedule-problem");
  await problem.locator("mark").waitFor();
  assert.equal(await schedule.getAttribute("aria-invalid"), "true");
  await problem.getByRole("button", { name: /^Use/ }).click();
  await page.locator(".preview .says").waitFor();
  assert.equal(await schedule.getAttribute("aria-invalid"), null);
  assert.notEqual(await schedule.inputValue(), "R/2026-12-01T09:00:00Z/P1H");
  await schedule.fill("R3/2020-01-01T00:00:00Z/2020-01-02T00:00:00Z");
  await page.getByText("It never fires").waitFor();
});

browserTest("problems stand at their fields, and what was typed stays", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "taken", schedule: HOURLY, target: receiver.url });
  const { page } = await enter(AT);
  await page.locator("#id").fill("taken");
  await page.locator("#schedule").fill(HOURLY);
  await page.locator("#payload").fill('{"a": nonsense}');
  await page.getByRole("button", { name: "Add task" }).click();
  await page.locator("#payload-problem").getByText("no JSON").waitFor();
  await page.locator("#payload").fill("");
  await page.getByRole("button", { name: "Add task" }).click();
  await page.locator("[id='target.urn-problem']").getByText("needs a target").waitFor();
  await page.locator("[id='target.urn']").fill(receiver.url);
  await page.getByText("Retries, time limits and ends").click();
  await page.locator("[id='policy.retry.limit']").fill("many");
  await page.getByRole("button", { name: "Add task" }).click();
  await page.locator("[id='policy.retry.limit-problem'] p").first().waitFor();
  await page.locator("[id='policy.retry.limit']").fill("3");
  await page.getByRole("button", { name: "Add task" }).click();
  await page.locator("#id-problem p").first().waitFor();
  await page.reload();
  await until("a reload keeps it", async () => await page.locator("#id").inputValue() === "taken");
});

browserTest("a weekly task is chosen without writing a schedule", async ({ enter, peer, receiver }) => {
  const { page } = await enter(AT);
  const schedule = page.locator("#schedule");
  await page.getByLabel("On days of the week").check();
  await page.getByLabel("Fri", { exact: true }).check();
  await page.getByLabel("Mon", { exact: true }).uncheck();
  await page.getByLabel("Time of day").fill("07:30");
  await until("it is written", async () => await schedule.inputValue() === "30 7 * * FRI [Europe/Paris]");
  await page.locator(".preview .says").getByText(/07:30.*Friday.*Europe\/Paris/).waitFor();
  await page.locator("[id='target.urn']").fill(receiver.url);
  await page.locator("#id").fill("weekly");
  await page.getByRole("button", { name: "Add task" }).click();
  await page.getByRole("heading", { name: "weekly" }).waitFor();
  assert.equal((await peer.call<{ schedule: string }>("GET", "/tasks/weekly")).schedule, "30 7 * * FRI [Europe/Paris]");
});

browserTest("what the helper writes is what the peer understands", async ({ enter }) => {
  const { page } = await enter(AT);
  const schedule = page.locator("#schedule");
  const accepted = async (pattern: RegExp) => {
    await until(`the text is like ${pattern}`, async () => pattern.test(await schedule.inputValue()));
    await page.locator(".preview:not(.old) .says").waitFor();
    assert.equal(await schedule.getAttribute("aria-invalid"), null);
  };
  await page.getByLabel("Every so often").check();
  for (const [unit, period] of [["seconds", "PT5S"], ["hours", "PT5H"], ["days", "P5D"], ["weeks", "P5W"]] as const) {
    await page.getByLabel("Unit").selectOption(unit);
    await accepted(new RegExp(`^R/.*/${period}$`));
  }
  await page.getByLabel("On a day of the month").check();
  for (const day of await page.getByLabel("Day", { exact: true }).locator("option").allInnerTexts()) {
    await page.getByLabel("Day", { exact: true }).selectOption(day);
    await accepted(/^0 9 (1|15|L|LW) \* \* \[Europe\/Paris\]$/);
  }
  await page.getByLabel("Once", { exact: true }).check();
  await page.getByLabel("Moment").fill("2030-01-02T03:04:05");
  await accepted(/^2030-01-02T02:04:05Z$/);
});

browserTest(
  "the helper begins with what a schedule says, however soon it is asked",
  async ({ enter, peer, receiver }) => {
    const put = (id: string, schedule: unknown) => peer.call("PUT", `/tasks/${id}`, { schedule, target: receiver.url });
    await put("weekly", "30 18 * * TUE,THU [Asia/Tokyo]");
    await put("hourly", "R/2030-01-01T00:00:00Z/PT1H");
    await put("monthly", "15 6 12 * * [Europe/Paris]");
    await put("more", { cron: "0 2,14 * * *", zone: "America/Lima", gap: "skip" });
    const { page } = await enter({ at: "/ui/edit?id=weekly" });
    const schedule = page.locator("#schedule");
    const isWritten = (text: string) => until(text, async () => await schedule.inputValue() === text);
    const days = page.getByRole("group", { name: "Days" });
    await days.waitFor();
    assert.deepEqual(await days.locator("label:has(:checked)").allInnerTexts(), ["Tue", "Thu"]);
    assert.equal(await page.getByLabel("Time of day").inputValue(), "18:30");
    assert.equal(await page.getByLabel("Time zone").inputValue(), "Asia/Tokyo");
    await days.getByLabel("Tue").uncheck();
    await isWritten("30 18 * * THU [Asia/Tokyo]");
    await page.getByLabel("On a day of the month").check();
    await isWritten("30 18 1 * * [Asia/Tokyo]");
    await page.getByRole("button", { name: "Undo all changes" }).click();
    await until(
      "it says again what it said",
      async () => (await days.locator("label:has(:checked)").allInnerTexts()).join() === "Tue,Thu",
    );

    await page.goto(`${peer.url}/ui/edit?id=hourly`);
    await page.getByText("from 2030-01-01T00:00:00Z on").waitFor();
    await page.getByLabel("How many").fill("6");
    await isWritten("R/2030-01-01T00:00:00Z/PT6H");
    await page.goto(`${peer.url}/ui/edit?id=monthly`);
    await until(
      "the day of the month",
      async () => await page.getByLabel("Day", { exact: true }).inputValue() === "12",
    );
    // More than the choices say: none is made, and one that is made then begins where it began.
    await page.goto(`${peer.url}/ui/edit?id=more`);
    await page.locator(".preview .says").waitFor();
    assert.equal(await page.locator(".helper :checked").count(), 0);
    // What was just typed is not written over: the peer is asked first.
    await schedule.fill("45 7 * * SAT,SUN [Europe/Paris]");
    await page.getByLabel("On days of the week").check();
    await until(
      "both days",
      async () => (await days.locator("label:has(:checked)").allInnerTexts()).join() === "Sat,Sun",
    );
    await isWritten("45 7 * * SAT,SUN [Europe/Paris]");
    await page.getByRole("button", { name: "Undo all changes" }).click();
    await until("nothing is chosen again", async () => await page.locator(".helper :checked").count() === 0);
    await page.getByLabel("On days of the week").check();
    await isWritten("0 2 * * SAT,SUN [America/Lima]");
    await schedule.fill("");
    await until("nothing is chosen", async () => await page.locator(".helper :checked").count() === 0);
  },
);

browserTest("an edit keeps what the form has no field for, and goes by JSON too", async ({ enter, peer, receiver }) => {
  const target = { urn: receiver.url, method: "PUT", headers: { "x-site": "lyon" } };
  const schedule = { cron: "0 2 * * *", zone: "Europe/Paris", gap: "skip" };
  await peer.call("POST", "/tasks", { id: "t", schedule, target, payload: [1], policy: { retry: { limit: 2 } } });
  const { page } = await enter({ at: "/ui/edit?id=t" });
  await until("it is read", async () => await page.locator("[id='policy.retry.limit']").inputValue() === "2");
  await page.getByLabel("Name").fill("Renamed");
  await page.getByRole("button", { name: "As JSON" }).click();
  const raw = JSON.parse(await page.locator("#raw").inputValue());
  assert.deepEqual([raw.name, raw.schedule, raw.target, raw.payload], ["Renamed", schedule, target, [1]]);
  await page.locator("#raw").fill(JSON.stringify({ ...raw, labels: { a: "b" } }));
  await page.getByRole("button", { name: "As a form" }).click();
  await until("the form has it", async () => await page.locator("#labels").inputValue() === "a: b");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Renamed" }).waitFor();
  const task = await peer.call<{ [name: string]: unknown }>("GET", "/tasks/t");
  assert.deepEqual(
    [task.name, task.schedule, task.target, task.policy, task.labels],
    ["Renamed", schedule, target, { retry: { limit: 2 } }, { a: "b" }],
  );
});

browserTest("two edits at once are shown side by side", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "t", name: "One", schedule: HOURLY, target: receiver.url });
  const { page } = await enter({ at: "/ui/edit?id=t" });
  await until("it is read", async () => await page.locator("#name").inputValue() === "One");
  await peer.call("PATCH", "/tasks/t", { name: "Theirs" });
  await page.locator("#name").fill("Mine");
  await page.getByRole("button", { name: "Save" }).click();
  const clash = page.getByRole("alert").filter({ hasText: "changed while you edited" });
  await clash.getByText('"Theirs"').waitFor();
  await clash.getByText('"Mine"').waitFor();
  await clash.getByRole("button", { name: "Keep mine" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Mine" }).waitFor();
});

browserTest("what was typed is undone, cleared, or given up for what somebody else wrote", async ({ enter, peer }) => {
  await peer.call("POST", "/tasks", { id: "t", name: "One", schedule: HOURLY, target: "http://127.0.0.1:1/" });
  const { page } = await enter({ at: "/ui/edit?id=t" });
  const name = page.locator("#name");
  const isCalled = (text: string) => until(`it is called ${text}`, async () => await name.inputValue() === text);
  await isCalled("One");
  const undo = page.getByRole("button", { name: "Undo all changes" });
  assert.equal(await undo.count(), 0, "there is nothing to undo yet");
  await name.fill("Mine");
  await page.locator("#labels").fill("a: b");
  await undo.click();
  await isCalled("One");
  assert.equal(await page.locator("#labels").inputValue(), "");
  await undo.waitFor({ state: "detached" });

  await peer.call("PATCH", "/tasks/t", { name: "Theirs" });
  await name.fill("Mine");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Take theirs" }).click();
  await isCalled("Theirs");
  await page.getByRole("link", { name: "Back" }).click();
  await page.getByRole("heading", { name: "Theirs" }).waitFor();

  await page.keyboard.press("n");
  await isCalled("");
  await name.fill("Never");
  await page.getByRole("button", { name: "Clear all" }).click();
  await isCalled("");
  assert.equal((await peer.call<{ items: unknown[] }>("GET", "/tasks")).items.length, 1);
});

browserTest("each rule of a task, however rare, is chosen and kept", async ({ enter, peer, receiver }) => {
  const { page } = await enter(AT);
  await page.locator("#id").fill("ruled");
  await page.locator("#schedule").fill(HOURLY);
  await page.locator("[id='target.urn']").fill(receiver.url);
  await page.getByLabel("The peer was off when it was due").selectOption("all");
  await page.getByLabel("The one before is still being delivered").selectOption("queue-one");
  await page.getByLabel("The mesh is cut in two").selectOption("hold");
  await page.getByLabel("The peer dies while it sends").selectOption("at-most-once");
  await page.getByText("Retries, time limits and ends").click();
  const typed = {
    "retry.limit": "3",
    "retry.base": "PT2S",
    "retry.factor": "3",
    "retry.cap": "PT1M",
    "retry.maxAge": "PT2H",
    pauseAfterFailures: "7",
    tolerance: "PT9S",
    "timeout.connect": "PT1S",
    "timeout.total": "PT3S",
    misfireWindow: "PT4H",
  };
  for (const [field, text] of Object.entries(typed)) await page.locator(`[id='policy.${field}']`).fill(text);
  await page.getByText("Delete the task when its schedule is used up").click();
  await page.getByText("Success, CloudEvents and brokers").click();
  await page.getByLabel("How an event is written").selectOption("structured");
  const rare = {
    "target.success": '{"status": [202]}',
    "target.amqp": '{"priority": 5}',
    "policy.fallback": '[{"urn": "https://backup.example.org/hook"}]',
    "policy.placement": '{"match": {"site": "lyon"}}',
  };
  for (const [field, text] of Object.entries(rare)) await page.locator(`[id='${field}']`).fill(text);
  await page.locator("#payload").fill(JSON.stringify("x".repeat(3_000)));
  await page.getByText("3 of 256 KiB").waitFor();
  await page.getByRole("button", { name: "Add task" }).click();
  await page.locator("[id='target.amqp-problem'] p").first().waitFor();
  await page.locator("[id='target.amqp']").fill("");
  await page.getByRole("button", { name: "Add task" }).click();
  await page.getByRole("heading", { name: "ruled" }).waitFor();
  const { target, policy } = await peer.call<{ target: unknown; policy: unknown }>("GET", "/tasks/ruled");
  assert.deepEqual(target, { urn: receiver.url, cloudEvents: "structured", success: { status: [202] } });
  assert.deepEqual(policy, {
    fallback: [{ urn: "https://backup.example.org/hook" }],
    placement: { match: { site: "lyon" } },
    misfire: "all",
    misfireWindow: "PT4H",
    overlap: "queue-one",
    partition: "hold",
    delivery: "at-most-once",
    tolerance: "PT9S",
    pauseAfterFailures: 7,
    removeWhenDone: true,
    retry: { limit: 3, base: "PT2S", factor: 3, cap: "PT1M", maxAge: "PT2H" },
    timeout: { connect: "PT1S", total: "PT3S" },
  });
});

browserTest("a task is added by the keyboard alone, with an id of its own", async ({ enter, peer, receiver }) => {
  await peer.call("POST", "/tasks", { id: "by-keys", schedule: HOURLY, target: receiver.url });
  const { page } = await enter();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate("document.activeElement.id");
  await page.locator("h1").waitFor();
  await press("n");
  await until("the form has the focus", async () => await focused() === "name");
  await page.keyboard.type("By keys");
  await until("the schedule has the focus", async () => {
    await press("Tab");
    return await focused() === "schedule";
  });
  await page.keyboard.type(HOURLY);
  await until("the target has the focus", async () => {
    await press("Tab");
    return await focused() === "target.urn";
  });
  await page.keyboard.type(receiver.url);
  await press("Enter");
  await page.getByRole("heading", { name: "By keys" }).waitFor();
  assert.doesNotMatch(page.url(), /id=by-keys$/, "another one has the id that its name would make");
});
