// What the form of <photo-select> submits, and which of its buttons Enter presses.

/** Send all ticked photos as one field: Django limits the number of fields of a form. */
export function joinPhotos(formData) {
  const ticked = formData.getAll("photo");
  formData.delete("photo");
  if (ticked.length) formData.set("photo", ticked.join(","));
}

/** Press the button below the focused field; the browser would press the first one of the form. Check boxes have
 *  none. */
export function pressButton(event) {
  event.preventDefault();
  event.target.closest(".bar-act")?.querySelector("button")?.click();
}
