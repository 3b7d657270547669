// The command line: every command. Usage that can't be is told on the error output, with an example or the commands that
// there are, and exit code 2.

import { Command } from "commander";
import { addCommand, addGroup, nameCommands } from "./command.ts";
import { auditExport, auditList, auditVerify } from "./audit.ts";
import { breakers } from "./breakers.ts";
import { completion } from "./completion.ts";
import { conflicts } from "./conflicts.ts";
import { deadCauses, deadDismiss, deadList, deadRedrive } from "./dead-letters.ts";
import { doctor } from "./doctor.ts";
import { drain } from "./drain.ts";
import { EXIT } from "./failure.ts";
import { type Parts, processParts } from "./parts.ts";
import { inviteList, inviteRemove, userInvite } from "./invites.ts";
import { login } from "./login.ts";
import { metrics } from "./metrics.ts";
import { overview } from "./overview.ts";
import { peers } from "./peers.ts";
import { userQuota } from "./quota.ts";
import { revoke } from "./revoke.ts";
import { runsList, runsRetry, runsShow } from "./runs.ts";
import { userSessions } from "./sessions.ts";
import { simulate } from "./simulate.ts";
import { addStart } from "./start.ts";
import { targetAdd } from "./target-add.ts";
import { targetEdit } from "./target-edit.ts";
import { targetRotate } from "./target-rotate.ts";
import { targetList, targetRemove, targetShow, targetTest } from "./targets.ts";
import { taskAdd } from "./task-add.ts";
import { taskDays } from "./task-days.ts";
import { taskEach } from "./task-each.ts";
import { taskEdit } from "./task-edit.ts";
import { taskExplain } from "./task-explain.ts";
import { taskExport } from "./task-export.ts";
import { taskImport } from "./task-import.ts";
import { taskList } from "./task-list.ts";
import { taskNext } from "./task-next.ts";
import { taskBackfill, taskCancel, taskSkip } from "./task-past.ts";
import { taskRuns } from "./task-runs.ts";
import { taskShow } from "./task-show.ts";
import { taskPause, taskRemove, taskResume } from "./task-state.ts";
import { taskTrigger } from "./task-trigger.ts";
import { taskVersions } from "./task-versions.ts";
import { ticket } from "./ticket.ts";
import { token } from "./token.ts";
import { tokenList, tokenRemove } from "./tokens.ts";
import { userAdd, userList, userPassword, userPolicy, userRemove, userRole, userSignOut } from "./user.ts";
import { version } from "./version.ts";

export function createProgram(given: Partial<Parts> = {}): Command {
  const parts: Parts = { ...processParts(), ...given };
  const program = new Command("metronome")
    .description(
      "A distributed, fault-tolerant event scheduler: it says now, at the right moment, to whoever does the work.",
    )
    .helpCommand(false)
    // What stands behind a command is for that command: of `token ls --json`, `ls` is told.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void parts.stdout.write(text, () => {}),
      writeErr: (text) => void parts.stderr.write(text, () => {}),
      getOutHelpWidth: () => parts.stdout.columns ?? HELP_WIDTH,
      getErrHelpWidth: () => parts.stderr.columns ?? HELP_WIDTH,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride((error) => {
      parts.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
      throw error;
    })
    .addHelpText("after", `\n${EXIT_CODES}`);
  const task = addGroup(program, "task", "add tasks, look at them, change them, and make them fire");
  addCommand(task, parts, taskAdd);
  addCommand(task, parts, taskEdit);
  addCommand(task, parts, taskList);
  addCommand(task, parts, taskShow);
  addCommand(task, parts, taskRemove);
  addCommand(task, parts, taskPause);
  addCommand(task, parts, taskResume);
  addCommand(task, parts, taskTrigger);
  addCommand(task, parts, taskNext);
  addCommand(task, parts, taskRuns);
  addCommand(task, parts, taskDays);
  addCommand(task, parts, taskExplain);
  addCommand(task, parts, taskVersions);
  addCommand(task, parts, taskBackfill);
  addCommand(task, parts, taskSkip);
  addCommand(task, parts, taskCancel);
  addCommand(task, parts, taskEach);
  addCommand(task, parts, taskImport);
  addCommand(task, parts, taskExport);
  const target = addGroup(
    program,
    "target",
    "add and change named targets, look at them, try them out, and rotate keys",
  );
  addCommand(target, parts, targetAdd);
  addCommand(target, parts, targetEdit);
  addCommand(target, parts, targetList);
  addCommand(target, parts, targetShow);
  addCommand(target, parts, targetRemove);
  addCommand(target, parts, targetTest);
  addCommand(target, parts, targetRotate);
  const runs = addGroup(program, "runs", "look at what became of occurrences, and send one again");
  addCommand(runs, parts, runsList);
  addCommand(runs, parts, runsShow);
  addCommand(runs, parts, runsRetry);
  const dead = addGroup(program, "dead-letters", "look at what was given up, and send it again");
  addCommand(dead, parts, deadList);
  addCommand(dead, parts, deadCauses);
  addCommand(dead, parts, deadRedrive);
  addCommand(dead, parts, deadDismiss);
  addCommand(program, parts, breakers);
  addCommand(program, parts, ticket);
  addCommand(program, parts, overview);
  addCommand(program, parts, metrics);
  addCommand(program, parts, peers);
  addCommand(program, parts, drain);
  addCommand(program, parts, revoke);
  addCommand(program, parts, conflicts);
  addCommand(program, parts, simulate);
  addCommand(program, parts, doctor);
  const user = addGroup(program, "user", "make users, change them, and say who may sign up");
  for (const spec of [userList, userPassword, userSignOut, userRole, userPolicy]) addCommand(user, parts, spec);
  addCommand(user, parts, userAdd);
  addCommand(user, parts, userRemove);
  addCommand(user, parts, userQuota);
  addCommand(user, parts, userSessions);
  const invites = addCommand(user, parts, userInvite).helpCommand(false).enablePositionalOptions();
  addCommand(invites, parts, inviteList);
  addCommand(invites, parts, inviteRemove);
  const audit = addGroup(program, "audit", "show who did what at a peer, and check that record");
  addCommand(audit, parts, auditList);
  addCommand(audit, parts, auditVerify);
  addCommand(audit, parts, auditExport);
  addCommand(program, parts, login);
  const tokens = addCommand(program, parts, token).helpCommand(false).enablePositionalOptions();
  addCommand(tokens, parts, tokenList);
  addCommand(tokens, parts, tokenRemove);
  addCommand(program, parts, completion(program));
  addCommand(program, parts, version);
  addStart(program);
  nameCommands(program);
  return program;
}

/** Where the width of the terminal is not known. */
const HELP_WIDTH = 100;

const EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 usage, 3 the peer can't be reached, 4 the peer refused.";
