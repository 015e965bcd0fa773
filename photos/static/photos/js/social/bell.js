// Has htmx ask how much news there is (photos/bell.html) while the page is looked at, and as soon as it is again.
const look = () => document.hidden || document.querySelector("#unread")?.dispatchEvent(new Event("look"));

setInterval(look, 20_000);
document.addEventListener("visibilitychange", look);
