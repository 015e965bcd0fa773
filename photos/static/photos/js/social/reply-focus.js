// Focuses the field of a form that opens below a comment, with the caret behind its text.
function focusField({ target }) {
  const field = target.open && target.querySelector(".comment-form textarea");
  if (!field) return;
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

document.addEventListener("toggle", focusField, { capture: true }); // "toggle" does not bubble
