// The bell: has htmx ask for the number of unread notifications (notifications/bell.html) while the page is visible.
const look = () => document.hidden || document.querySelector("#unread")?.dispatchEvent(new Event("look"));

setInterval(look, 20_000);
document.addEventListener("visibilitychange", look);
