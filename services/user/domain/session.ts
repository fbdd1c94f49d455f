/** For how long after a renewal the token before it still gets the same successor. Milliseconds. */
export const GRACE_MS = 10_000;

/** A log-in: the family of refresh tokens numbered 1, 2, ... of which only the newest is alive. */
export type Session = {
  /** The number of the newest token. */
  readonly generation: number;
  /** When the newest token was made. */
  readonly rotateTime: Date;
  readonly expireTime: Date;
  readonly ended: boolean;
};

/**
 * What becomes of a refresh token that came. `rotate` makes the next one, `repeat` answers with the newest again
 * (the grace for two tabs at once), `reused` means that somebody has a spent token: the session is to be ended.
 */
export type RefreshVerdict = 'rotate' | 'repeat' | 'reused' | 'invalid';

/** Judges a genuine refresh token of a session by its number. */
export function judgeRefresh(session: Session, generation: number, now: Date): RefreshVerdict {
  if (session.ended || session.expireTime <= now || generation > session.generation) {
    return 'invalid';
  }
  if (generation === session.generation) {
    return 'rotate';
  }
  const inGrace = now.getTime() - session.rotateTime.getTime() <= GRACE_MS;
  return generation === session.generation - 1 && inGrace ? 'repeat' : 'reused';
}
