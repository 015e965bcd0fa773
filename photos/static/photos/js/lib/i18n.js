// What modules say, in the reader's language. English is the key; what a catalogue lacks is said in English.

import catalogue from "tessera/catalogue";

const { lang } = document.documentElement;
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** `text` for its reader, with `values` in place of the {names} in it. */
export const gettext = (text, values = {}) => filled(catalogue[text] || text, values);

/** `one` or `many` as `count` wants it. (Languages of ours have one form or two, and 1 is what takes the first.) */
export function ngettext(one, many, count, values = {}) {
  const forms = catalogue[one] ? [catalogue[one]].flat() : [one, many];
  return filled(forms[count === 1 ? 0 : forms.length - 1], { count: number(count), ...values });
}

/** A number as its reader writes it. */
export const number = (value, options) => new Intl.NumberFormat(lang, options).format(value);
