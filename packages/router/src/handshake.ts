/** The version of everything on the wire; nodes of different versions do not talk. */
export const protocolVersion = 4;

/** One running node, as others know it. */
export interface Identity {
  readonly id: string;
  readonly incarnation: string;
}

/** What the dialler of a link says first. */
export interface Hello extends Identity {
  readonly protocol: number;
  readonly cluster: string;
  /** That of the view the dialler knows. */
  readonly birth: string;
  /** Whether the dialler gives up any earlier lasting link to the same node for this one. */
  readonly lasting: boolean;
  /** Whom the dialler wants to reach. */
  readonly to: Identity;
}

/** What the acceptor answers when it agrees. */
export interface Welcome extends Identity {
  readonly epoch: number;
}

/** What the acceptor answers when it does not. */
export interface Refusal {
  readonly reason: string;
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

/** Why an acceptor refuses a dialler, or `undefined` when it does not. */
export function refusalOf(
  hello: Hello,
  self: Identity & { cluster: string; birth: string | undefined },
): string | undefined {
  if (hello.protocol !== protocolVersion) {
    return `protocol ${String(hello.protocol)} is spoken there, ${protocolVersion} here: upgrade the older node`;
  }
  if (hello.cluster !== self.cluster) return `this is cluster '${self.cluster}', not '${hello.cluster}'`;
  if (self.birth === undefined) return 'this node is not a member yet';
  if (hello.birth !== self.birth) return `this cluster was born as ${self.birth}, not as ${hello.birth}`;
  if (hello.to?.id !== self.id || hello.to.incarnation !== self.incarnation) {
    return `this is node ${self.id} (${self.incarnation}), not the one that was dialled`;
  }
  return undefined;
}
