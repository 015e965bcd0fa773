// Whoever opens a form below a comment writes into it, behind the words that are there.
function write({ target }) {
  const field = target.open && target.querySelector(".comment-form textarea");
  if (!field) return;
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

document.addEventListener("toggle", write, { capture: true }); // it does not bubble
