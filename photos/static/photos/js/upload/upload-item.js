// A photo on its way: the steps it takes, and what can be done about it at each.
import { Unreadable } from "tessera/files/hashing";
import { BeginAgain, Refused, SignedOut } from "tessera/upload/transport";
import { gettext } from "tessera/lib/i18n";

export const UNDER_WAY = new Set(["waiting", "hashing", "queued", "sending", "saving"]);
export const UNFINISHED = new Set([...UNDER_WAY, "paused"]);
export const SENT = new Set(["processing", "ready", "duplicate"]);
const FINAL = new Set(["not_taken", "too_large", "empty", "unsupported_format"]);

export const canPause = ({ step }) => UNDER_WAY.has(step) && step !== "saving";
export const canCancel = ({ step }) => UNFINISHED.has(step) && step !== "saving"; // by then it is here
/** Whether a failed item may fare better another time; what cannot be rendered now only if somebody insists. */
export const canRetry = ({ step, code }) => step === "cancelled" || (step === "failed" && !FINAL.has(code));
export const isWorthRetrying = (item) => item.step === "failed" && item.code !== "not_rendered" && canRetry(item);

/** One photo on its way. `step` is where it is, `done` the share of that step, `says` what its reader should know;
 *  `isResumed` when the store had parts of it, `hadRoom` when it had them before this page. */
export class Item {
  step = "waiting";
  done = 0;
  says = "";
  isResumed = false;
  reserved = null; // resolves to its ticket, once one was asked for
  earlier = null; // the ticket that an earlier page had for it
  constructor(file, visibility) {
    Object.assign(this, { file, visibility });
  }
}

/** What an error is to the person whose photo it held up. */
export function sentenceOf(error) {
  if (error instanceof Refused) return error.message;
  if (error instanceof SignedOut) return gettext("Your sign-in has run out.");
  if (error instanceof Unreadable) return gettext("This file could not be read. It may have been moved or changed since you chose it.");
  if (error instanceof BeginAgain) return gettext("The photo did not arrive whole, several times. Please try it again.");
  return gettext("We could not reach the site for a while. Nothing is lost; try again.");
}
