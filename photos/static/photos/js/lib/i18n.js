// Translation of the texts of all modules. The English text is the key; a text that the catalogue lacks stays English.

import catalogue from "tessera/catalogue";

const { lang } = document.documentElement;
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** Return `text` in the reader's language, its {names} replaced by `values`. */
export const gettext = (text, values = {}) => filled(catalogue[text] || text, values);

/** Return `one` or `many`, as `count` demands. Our languages have one form or two; only 1 takes the first of two. */
export function ngettext(one, many, count, values = {}) {
  const forms = catalogue[one] ? [catalogue[one]].flat() : [one, many];
  return filled(forms[count === 1 ? 0 : forms.length - 1], { count: number(count), ...values });
}

/** Return a number in the format of the reader's language. */
export const number = (value, options) => new Intl.NumberFormat(lang, options).format(value);
