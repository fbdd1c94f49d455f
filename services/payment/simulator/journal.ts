import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** An append-only file of JSON lines that survives the process's death at any moment. */
export type Journal = {
  /** Adds a line. It is not safe until `durable` has resolved. */
  append(line: object): void;
  /** Resolves when every line appended so far is on the disk. Lines that come together share one fsync. */
  durable(): Promise<void>;
  /** The whole file, as it is on the disk now. */
  read(): NodeJS.ReadableStream;
  close(): Promise<void>;
};

/**
 * Opens a journal, giving each line there to `replay` first. A last line that was cut off by a crash is removed:
 * whoever asked for it was never answered.
 */
export async function openJournal(path: string, replay: (line: unknown) => void): Promise<Journal> {
  const file = await open(path, 'a+');
  await file.truncate(await endOfLastLine(file));
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    replay(JSON.parse(line));
  }
  let waiting: string[] = [];
  let writing: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) {
      await file.appendFile(batch.join(''));
      await file.datasync();
    }
  }

  const durable = () => {
    writing = writing.then(flush);
    return writing;
  };

  return {
    append(line) {
      waiting.push(`${JSON.stringify(line)}\n`);
    },
    durable,
    read: () => createReadStream(path),
    async close() {
      await durable();
      await file.close();
    },
  };
}

/** Where the last whole line ends, read backwards from the end of the file. */
async function endOfLastLine(file: FileHandle): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024);
  let end = (await file.stat()).size;
  while (end > 0) {
    const start = Math.max(0, end - chunk.length);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    const newline = chunk.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0) {
      return start + newline + 1;
    }
    end = start;
  }
  return 0;
}
