/** What a record's headers say of the fact in its value, and where the record lies. */
export type Envelope = {
  readonly id: string;
  /** The fact's full message name. */
  readonly type: string;
  /** The service that stated the fact. */
  readonly source: string;
  /** The aggregate's id. */
  readonly subject: string;
  readonly time: Date;
  /** The fact's number in its aggregate's history, from 1. */
  readonly sequence: bigint;
  /** The full name of the message that the value is. */
  readonly dataschema: string;
  readonly correlationId: string;
  /** The id of the event that caused this one; undefined when a call did. */
  readonly causationId: string | undefined;
  /** W3C; empty when the producer was not traced. */
  readonly traceparent: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
};
