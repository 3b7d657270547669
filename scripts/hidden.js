// What is secret on a command line goes the way of the environment, which only the same user sees: every user of the machine
// sees the words that a program was started with, as long as it runs, and a peer runs long.

/** A ticket as a whole; what is mistyped is left for the program to say. */
const TICKET_PATTERN = /^mtr1\.[\w.-]+$/;

/** The words and the environment for the program, and whether any secret was among the words. */
export function hidden(args, env) {
  const [words, given] = [[], {}];
  for (let at = 0; at < args.length; at++) {
    const [flag, value, length] = pairAt(args, at);
    const name = flag === "--token" ? "METRONOME_TOKEN" : "METRONOME_JOIN";
    const isSecret = value !== undefined && (flag === "--token" ? value !== "" : TICKET_PATTERN.test(value));
    if (args[at] === "--") {
      words.push(...args.slice(at));
      break;
    }
    if (!isSecret) words.push(args[at]);
    else {
      given[name] = value;
      at += length - 1;
      // To join is to start with a ticket.
      if (flag === "join") words[0] = "start";
    }
  }
  const names = Object.keys(given);
  const rest = Object.entries(env).filter(([name]) => !names.some((each) => name === `${each}_FILE`));
  return { args: words, env: { ...Object.fromEntries(rest), ...given }, isAny: names.length > 0 };
}

/** The flag at that place, its value, and how many words they are; the ticket of `join` has no flag. */
function pairAt(args, at) {
  const word = args[at];
  const flag = args[0] === "start" || args[0] === "join" ? "--join" : "--token";
  if (word === flag) return [flag, args[at + 1], 2];
  if (word.startsWith(`${flag}=`)) return [flag, word.slice(flag.length + 1), 1];
  return args[0] === "join" && at > 0 ? ["join", word, 1] : [];
}
