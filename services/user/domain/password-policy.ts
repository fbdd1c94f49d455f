/** The passwords of at least ten characters that are tried first in attacks. Lower case. */
const WELL_KNOWN = new Set([
  '1234567890',
  '12345678910',
  '123456789a',
  'password123',
  'password1234',
  'passw0rd123',
  'qwertyuiop',
  'qwerty12345',
  '1q2w3e4r5t',
  '1qaz2wsx3edc',
  'iloveyou123',
  'letmein1234',
  'welcome123',
  'welcome1234',
  'administrator',
  'changeme123',
  'football123',
  'sunshine123',
  'princess123',
  'dragon12345',
]);

/**
 * Whether a password is too easy to guess: one of the well-known ones, one character over and over, a plain run of
 * digits, or the account's own address or name.
 */
export function isWeak(
  password: string,
  own: { readonly email: string; readonly displayName: string },
): boolean {
  const plain = password.toLowerCase();
  const mailbox = own.email.split('@')[0] ?? '';
  return (
    WELL_KNOWN.has(plain) ||
    new Set(plain).size < 4 ||
    '01234567890123456789'.includes(plain) ||
    plain === own.email ||
    plain === own.displayName.toLowerCase() ||
    (mailbox.length >= 6 && plain === mailbox)
  );
}
