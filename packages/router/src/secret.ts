import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { RouterError } from './errors.ts';

/** A shorter secret could be found by trying. */
const shortest = 16;

/** Who proves: what one end has said is no proof when the other says it. */
export type Role = 'dialler' | 'acceptor';

/** What the nodes of a cluster know and nobody else. Keys are derived from it, one for each use. */
export class Secret {
  /** For TLS without certificates, 32 bytes. */
  readonly tlsKey: Uint8Array;
  readonly #proofKeys: Readonly<Record<Role, Uint8Array>>;

  /** At least 16 bytes; text counts as UTF-8. Anything else is `INVALID_OPTION`, without telling it. */
  constructor(secret: string | Uint8Array) {
    const known = typeof secret === 'string' || secret instanceof Uint8Array;
    const bytes = known ? Buffer.from(secret) : Buffer.alloc(0);
    if (bytes.length < shortest) {
      const what = known ? `${bytes.length} bytes are too few` : 'what is given is neither text nor bytes';
      throw new RouterError(
        'INVALID_OPTION',
        `secret: ${what}: it takes ${shortest} or more, such as 'openssl rand -base64 32' makes`,
      );
    }
    const key = (use: string): Uint8Array =>
      new Uint8Array(hkdfSync('sha256', bytes, '', `cachex ${use}`, 32));
    this.tlsKey = key('tls');
    this.#proofKeys = { dialler: key('dialler'), acceptor: key('acceptor') };
  }

  /** Proves knowledge of the secret to whoever was told the same `parts`, in the same order. */
  prove(role: Role, parts: readonly Uint8Array[]): Buffer {
    const hmac = createHmac('sha256', this.#proofKeys[role]);
    for (const part of parts) {
      // With their lengths, so that no other parts run together to the same bytes.
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      hmac.update(length).update(part);
    }
    return hmac.digest();
  }

  /** Whether `proof` is what {@link prove} says; how long that takes tells nothing of where they differ. */
  isProved(proof: Uint8Array, role: Role, parts: readonly Uint8Array[]): boolean {
    const right = this.prove(role, parts);
    return proof.length === right.length && timingSafeEqual(proof, right);
  }
}
