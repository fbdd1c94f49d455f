const EMAIL = /[^\s@<>"'(),;:]{1,64}@[^\s@<>"'(),;:]{1,255}/gu;
/** Card, phone, account and national numbers: seven digits or more, with the usual separators. */
const LONG_NUMBER = /\+?\d(?:[ ().\-/]{0,2}\d){6,}/gu;

/**
 * A search's text as it may be kept: trimmed, with runs of white space as one blank, and with e-mail addresses and long
 * numbers replaced by `[e-mail]` and `[number]`. People paste these into search boxes; dashboards must not show them.
 */
export function blotOut(text: string): string {
  return text
    .replace(/\p{Cc}/gu, ' ')
    .replace(EMAIL, '[e-mail]')
    .replace(LONG_NUMBER, '[number]')
    .replace(/\s+/gu, ' ')
    .trim();
}
