import { Encoded } from './encoded.ts';
import type { ReplicaRecord } from './services.ts';

/** A record on the wire: of which service, which partition, and what. Those of no service tell of the copy itself. */
export type Piece = readonly [service: string, partition: number, record: ReplicaRecord | CopyRecord];

/** Pieces that are applied together or not at all, so that no copy ever holds half of what a call did. */
export type Unit = readonly Piece[];

/** What an owner says of a copy. Terms and origins let the target refuse what it knows to be over. */
export type CopyRecord =
  /** A copy begins, empty. */
  | readonly [what: 'open', term: number, origin: number]
  /** The copy that the target has from the owner before this one goes on with what this one sends. */
  | readonly [what: 'attach', term: number, origin: number]
  /** Everything up to here makes a complete copy. */
  | readonly [what: 'synced']
  /** The copy is not needed any more. */
  | readonly [what: 'close'];

/** The service name under which {@link CopyRecord}s travel; no service can have it. */
export const copyRecords = '';

/**
 * What the owner asks of the target of its stream. Each message is answered once it was applied, and may be sent again:
 * the target knows by its sequence whether it has it.
 */
export interface StreamMessage {
  /** `incarnation:number`: later streams of a node to the same target have higher numbers. */
  readonly stream: string;
  readonly sequence: number;
  /** The owner's epoch: a target that is behind it cannot judge what it is told. */
  readonly epoch: number;
  readonly units: readonly Unit[];
}

/** The target's answer: which copies it could not take over or go on with, or why it took nothing. */
export type StreamAnswer =
  | readonly number[]
  /** It does not know the owner's view yet: send it again. */
  | 'behind'
  /** Something before it is missing: send that again. */
  | 'gap'
  /** A later stream has begun, or this one is not known any more: give it up. */
  | 'over';

/** Throws `RangeError` unless a message is one: all that another node sends is what it says. */
export function checkStreamMessage(message: StreamMessage, partitions: number): void {
  const { stream, sequence, epoch, units } = message;
  const counted = Number.isSafeInteger(sequence) && sequence >= 0 && Number.isSafeInteger(epoch);
  const whole = counted && typeof stream === 'string' && Array.isArray(units);
  if (
    !whole ||
    !units.every((unit) => Array.isArray(unit) && unit.every((piece) => isPiece(piece, partitions)))
  )
    throw new RangeError('a message about copies that is none');
}

function isPiece(piece: unknown, partitions: number): boolean {
  if (!Array.isArray(piece)) return false;
  const [service, partition, record] = piece as unknown[];
  const placed =
    Number.isInteger(partition) && (partition as number) >= 0 && (partition as number) < partitions;
  return typeof service === 'string' && placed && Array.isArray(record);
}

/** The incarnation of the owner of a stream, and its number among the streams of that. */
export function placeOf(stream: string): { source: string; number: number } {
  const at = stream.lastIndexOf(':');
  return { source: stream.slice(0, at), number: Number(stream.slice(at + 1)) };
}

/** About how many bytes a unit takes on the wire. */
export function sizeOfUnit(unit: Unit): number {
  let bytes = 0;
  for (const [, , record] of unit) {
    bytes += 32;
    for (const field of record) {
      if (typeof field === 'string' || field instanceof Uint8Array || field instanceof Encoded)
        bytes += field.length;
    }
  }
  return bytes;
}
