/** What two nodes say to each other first. The dialler's part is in `greeting.ts`, the acceptor's in `reception.ts`. */

/** Which versions of everything on the wire a node speaks. */
export interface Protocols {
  readonly oldest: number;
  readonly newest: number;
}

/**
 * Those of this build. Of two nodes, both speak the newest that both know.
 *
 * - 3: not spoken any more. Its nodes cannot read the values that others store, which travel as they are.
 * - 4: nodes say which versions they speak, prove that they know a secret, and say of what kind a refusal is; values of JSON
 *   types are in plain msgpack.
 * - 5: requests carry hints; then results carry notes, and owners tell of what has changed.
 * - 6: what moves with a partition may come many entries to a record.
 */
export const protocols: Protocols = { oldest: 4, newest: 6 };

/** The first in which requests carry hints. */
export const hintingProtocol = 5;

/** The first in which many entries may be one record of a {@link Replica}. */
export const pagingProtocol = 6;

/** One running node, as others know it. */
export interface Identity {
  readonly id: string;
  readonly incarnation: string;
}

/** What the dialler of a link says first. */
export interface Hello extends Identity {
  /** The oldest version that the dialler speaks: who knows no range talks to nobody who says another here. */
  readonly protocol: number;
  /** The oldest and the newest; left out by who speaks but one. */
  readonly speaks?: readonly [oldest: number, newest: number];
  readonly cluster: string;
  /** That of the view the dialler knows. */
  readonly birth: string;
  /** Whether the dialler gives up any earlier lasting link to the same node for this one. */
  readonly lasting: boolean;
  /** Whom the dialler wants to reach. */
  readonly to: Identity;
  /** Drawn for this handshake, by one who knows a secret. */
  readonly nonce?: string;
}

/** What the acceptor answers when it agrees. */
export interface Welcome extends Identity {
  readonly epoch: number;
  /** The version that is spoken from now on; one that says nothing of it speaks what the hello gave as the oldest. */
  readonly protocol?: number;
}

/** Of what kind a refusal is that will come again, until somebody changes something. */
export type RefusalCode = 'NOT_TRUSTED' | 'PROTOCOL';

/** What the acceptor answers when it does not. */
export interface Refusal {
  readonly reason: string;
  readonly code?: RefusalCode | undefined;
  /** The one that was dialled has ended: this is the next life of the same id, at the same address. */
  readonly ended?: boolean;
}

/** Reads the JSON of a handshake frame; throws `RangeError` unless every field in `texts` is a string of sane length. */
export function parseHandshake<T extends object>(body: Uint8Array, texts: readonly (keyof T & string)[]): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body).toString());
  } catch {
    throw new RangeError('a handshake that is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null)
    throw new RangeError('a handshake that is not an object');
  for (const name of texts) {
    const text = (parsed as Record<string, unknown>)[name];
    if (typeof text !== 'string' || text.length > 1024) throw new RangeError(`a handshake without ${name}`);
  }
  return parsed as T;
}

/** The versions that a dialler speaks. */
export function spokenBy({ protocol, speaks }: Hello): Protocols {
  const [oldest, newest] = Array.isArray(speaks) ? (speaks as unknown[]) : [protocol, protocol];
  if (!isVersion(oldest) || !isVersion(newest) || oldest > newest)
    throw new RangeError('a handshake without versions');
  return { oldest, newest };
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** The newest version that both speak, if there is one. */
export function common(one: Protocols, other: Protocols): number | undefined {
  const newest = Math.min(one.newest, other.newest);
  return newest >= Math.max(one.oldest, other.oldest) ? newest : undefined;
}

/** Why an acceptor cannot talk to a dialler with which it has no version in common. */
export function incompatible(here: Protocols, there: Protocols): string {
  const older = here.newest < there.newest ? 'this node' : 'the one that dials';
  return `this node speaks the wire versions ${written(here)}, the one that dials ${written(there)}: upgrade ${older}`;
}

function written({ oldest, newest }: Protocols): string {
  return oldest === newest ? `${oldest} alone` : `${oldest} to ${newest}`;
}

/** Why an acceptor refuses a dialler that it may talk to, or `undefined` when it does not. */
export function refusalOf(
  hello: Hello,
  self: Identity & { cluster: string; birth: string | undefined },
): Refusal | undefined {
  if (hello.cluster !== self.cluster)
    return { reason: `this is cluster '${self.cluster}', not '${hello.cluster}'` };
  if (self.birth === undefined) return { reason: 'this node is not a member yet' };
  if (hello.birth !== self.birth)
    return { reason: `this cluster was born as ${self.birth}, not as ${hello.birth}` };
  if (hello.to?.id !== self.id || hello.to.incarnation !== self.incarnation) {
    return {
      reason: `this is node ${self.id} (${self.incarnation}), not the one that was dialled`,
      ended: hello.to?.id === self.id && typeof hello.to.incarnation === 'string',
    };
  }
  return undefined;
}
