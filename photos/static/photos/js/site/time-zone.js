// Tells the site in which time zone its reader lives (accounts/zones.py): from the next page on hours are theirs.

const YEAR_SECONDS = 365 * 24 * 3600;
const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
const said = `zone=${timeZone}`;

if (timeZone && !document.cookie.split("; ").includes(said)) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${said}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`;
}
