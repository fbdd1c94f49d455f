/**
 * The connection was lost while COMMIT was under way: the transaction took effect or it didn't, and only reading it
 * back tells. A caller repeats the call with the same request id, which settles it.
 */
export class AmbiguousCommit extends Error {
  override readonly name = 'AmbiguousCommit';

  constructor(cause: unknown) {
    super('The connection was lost during COMMIT.', { cause });
  }
}
