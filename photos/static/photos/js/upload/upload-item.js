// One upload: its state, its steps, and which actions each step allows.
import { Unreadable } from "tessera/files/hashing";
import { BeginAgain, Refused, SignedOut } from "tessera/upload/transport";
import { gettext } from "tessera/lib/i18n";

export const UNDER_WAY = new Set(["waiting", "hashing", "queued", "sending", "saving"]);
export const UNFINISHED = new Set([...UNDER_WAY, "paused"]);
export const SENT = new Set(["processing", "ready", "duplicate"]);
const FINAL = new Set(["not_taken", "not_possible", "too_large", "empty", "unsupported_format"]);

export const canPause = ({ step }) => UNDER_WAY.has(step) && step !== "saving";
export const canCancel = ({ step }) => UNFINISHED.has(step) && step !== "saving"; // the site has its bytes by then
/** Whether a failed item may succeed another time; one that could not be rendered is retried only when the reader
 *  asks. */
export const canRetry = ({ step, code }) => step === "cancelled" || (step === "failed" && !FINAL.has(code));
export const isWorthRetrying = (item) => item.step === "failed" && item.code !== "not_rendered" && canRetry(item);

/** Return the code of a photo that the site could not show, from its tile: only some are worth another try. */
export const codeOfFailed = ({ dataset }) => (dataset.remedy ? "not_rendered" : "not_possible");
/** Whether the site has a failed photo, and says why on the owner's own pages. */
export const isOnSite = ({ code }) => code === "not_rendered" || code === "not_possible";

/** One upload. `step`: where it is; `done`: the share of that step, 0 to 1; `says`: a message for the reader;
 *  `isResumed`: the store had parts of it; `hadRoom`: it had them before this page. */
export class Item {
  step = "waiting";
  done = 0;
  says = "";
  isResumed = false;
  reserved = null; // a promise of its ticket, once requested
  earlier = null; // its ticket from an earlier page
  constructor(file, visibility) {
    Object.assign(this, { file, visibility });
  }
}

/** Return the message for the reader about an error that stopped an upload. */
export function sentenceOf(error) {
  if (error instanceof Refused) return error.message;
  if (error instanceof SignedOut) return gettext("You have been signed out.");
  if (error instanceof Unreadable) {
    return gettext("This file could not be read. It may have been moved or changed since you chose it.");
  }
  if (error instanceof BeginAgain) {
    return gettext("The photo was damaged on its way several times. Please try again.");
  }
  return gettext("We could not reach the site for a while. Nothing is lost; try again.");
}
