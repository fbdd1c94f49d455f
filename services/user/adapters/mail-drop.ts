import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '#platform/db/database.ts';
import { leased } from '#platform/lease/lease.ts';
import { pause } from '#platform/service/pause.ts';
import type { Worker } from '#platform/service/worker.ts';
import type { UserTables } from './tables.ts';

const POLL_MS = 500;
const BATCH = 20;

/**
 * Hands the mails that use cases wrote down to a Maildir, where a mail server or a person picks them up: first the
 * file, then the row's end, so that a crash in between sends a mail again rather than never. On one replica at a time.
 * `prepare` writes mails that are due before each look.
 */
export function mailDrop(
  database: Database<UserTables>,
  directory: string,
  prepare: () => Promise<void>,
): Worker {
  return leased(database, 'user.mail', async (lease) => {
    for (const folder of ['tmp', 'new', 'cur']) {
      await mkdir(join(directory, folder), { recursive: true });
    }
    while (!lease.signal.aborted) {
      await prepare();
      const sent = await database.transaction(async (tx) => {
        await lease.assertHeld(tx);
        const mails = await tx.db
          .selectFrom('mail')
          .selectAll()
          .orderBy('create_time')
          .limit(BATCH)
          .execute();
        for (const mail of mails) {
          const name = `${mail.mail_id}.eml`;
          await writeFile(join(directory, 'tmp', name), format(mail), { mode: 0o600 });
          await rename(join(directory, 'tmp', name), join(directory, 'new', name));
          await tx.db.deleteFrom('mail').where('mail_id', '=', mail.mail_id).execute();
        }
        return mails.length;
      });
      if (sent < BATCH) {
        await pause(POLL_MS, lease.signal);
      }
    }
  });
}

function format(mail: {
  recipient: string;
  subject: string;
  body: string;
  create_time: Date;
  mail_id: string;
}): string {
  const headers = [
    `Date: ${mail.create_time.toUTCString()}`,
    'From: ShopVerse <no-reply@shopverse.local>',
    `To: ${oneLine(mail.recipient)}`,
    `Subject: ${oneLine(mail.subject)}`,
    `Message-ID: <${mail.mail_id}@shopverse.local>`,
    'Content-Type: text/plain; charset=utf-8',
  ];
  return `${headers.join('\r\n')}\r\n\r\n${mail.body}\r\n`;
}

/** A header ends with its line: what comes from outside can't add another. */
function oneLine(value: string): string {
  return value.replace(/[\r\n\0]+/g, ' ');
}
