// Sends the reader's time zone to the site in a cookie (accounts/zones.py); from the next page on it shows local times.

const YEAR_SECONDS = 365 * 24 * 3600;
const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
const cookie = `zone=${timeZone}`;

if (timeZone && !document.cookie.split("; ").includes(cookie)) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${cookie}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`;
}
