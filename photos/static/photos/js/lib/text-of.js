// Fetching a part of a page that is asked for again and again: what fails once is asked for in the next round.

/** Resolve to the text at `url`; to "" without a connection, when it is aborted, and when the site answers an error.
 *  */
export async function textOf(url, options) {
  const response = await fetch(url, options).catch(() => null);
  return response?.ok ? response.text().catch(() => "") : "";
}
