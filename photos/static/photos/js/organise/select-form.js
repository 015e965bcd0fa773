// What the form of ticks sends, and which of its buttons an Enter in one of its fields means.

/** However many they are, they travel as one field: a form may only have so many. */
export function gather(formData) {
  const chosen = formData.getAll("photo");
  formData.delete("photo");
  if (chosen.length) formData.set("photo", chosen.join(","));
}

/** Press the button that stands below the field; the browser would press the first of the whole form. A tick has none. */
export function enter(event) {
  event.preventDefault();
  event.target.closest(".bar-act")?.querySelector("button").click();
}
