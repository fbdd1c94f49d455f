/**
 * Who makes a call, as verified by this process: the user from the access token's signature, the service from the
 * calling workload's certificate. Nothing here comes from an unsigned header but `guestId`.
 */
export type Caller = {
  readonly userId?: string;
  readonly sessionId?: string;
  /** Lower-case role names, such as `support`; empty for customers and guests. */
  readonly roles: readonly string[];
  /** The secret that a guest's client made up for its cart. Knowing it is what proves the guest. */
  readonly guestId?: string;
  /** The calling workload's name, such as `order`, or `edge` for a client's call; absent when it proved none. */
  readonly service?: string;
};
