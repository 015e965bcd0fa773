// Has the browser run our service worker, after the page is there. Where it cannot, the site works as it did.
const register = () => navigator.serviceWorker.register("/service-worker.js").catch(() => {});

if ("serviceWorker" in navigator) {
  if (document.readyState === "complete") register();
  else window.addEventListener("load", register, { once: true });
}
