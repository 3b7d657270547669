// What clocks on the wall of a zone show, for the fields in which a moment is chosen: these know no zone.

/** `2026-11-24T10:07`; "" for what is no instant. */
export function wallIn(instant: string, zone: string, hasSeconds = false): string {
  const at = Date.parse(instant);
  if (Number.isNaN(at)) return "";
  return new Date(at + offsetMs(at, zone)).toISOString().slice(0, hasSeconds ? 19 : 16);
}

/** When the clocks of the zone show that, the first time; what they skip is read as before the turn, as the peer reads it. */
export function instantIn(wall: string, zone: string): string | undefined {
  const ms = Date.parse(`${wall}Z`);
  if (Number.isNaN(ms)) return undefined;
  const before = ms - offsetMs(ms - DAY_MS, zone);
  const after = ms - offsetMs(ms + DAY_MS, zone);
  const isMeant = (at: number) => at + offsetMs(at, zone) === ms;
  return new Date(isMeant(before) || !isMeant(after) ? before : after).toISOString();
}

const DAY_MS = 86_400_000;

/** How far the clocks of the zone are ahead of UTC's. */
function offsetMs(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(at);
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
}
