// Registers the service worker once the page has loaded. A browser without service workers loses only offline features.
const register = () => navigator.serviceWorker.register("/service-worker.js").catch(() => {});

if ("serviceWorker" in navigator) {
  if (document.readyState === "complete") register();
  else window.addEventListener("load", register, { once: true });
}
