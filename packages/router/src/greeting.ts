import { randomBytes } from 'node:crypto';
import { bodyOf, type Frame, FrameType, jsonFrame, rawFrame } from './frame.ts';
import {
  type Hello,
  type Identity,
  parseHandshake,
  protocols,
  type Refusal,
  type Welcome,
} from './handshake.ts';
import type { Secret } from './secret.ts';

export interface GreetingOptions {
  readonly self: Identity;
  readonly to: Identity;
  readonly cluster: string;
  readonly birth: string;
  readonly lasting: boolean;
  /** What the other node must prove to know. */
  readonly secret?: Secret | undefined;
  /** See {@link Connection}. */
  readonly binding: Uint8Array | undefined;
}

/** How a greeting goes on after a frame of the other node. */
export type GreetingStep =
  | { readonly kind: 'say'; readonly frame: Buffer }
  | { readonly kind: 'listen' }
  | { readonly kind: 'welcome'; readonly epoch: number; readonly protocol: number }
  | { readonly kind: 'refusal'; readonly refusal: Refusal };

/**
 * The dialler's part of a handshake. It says hello, proves that it knows the secret if it has one, and believes no answer
 * before the other node has proved the same. What a proof is about are all bytes of both sides up to it.
 */
export class Greeting {
  /** What is said first. */
  readonly hello: Buffer;
  readonly #options: GreetingOptions;
  /** What was said so far, beginning with the hello: what proofs are about. */
  readonly #said: Uint8Array[] = [];
  #proved = false;
  #proof: Uint8Array | undefined;

  constructor(options: GreetingOptions) {
    const { self, to, cluster, birth, lasting, secret } = options;
    const { oldest, newest } = protocols;
    const hello: Hello = {
      protocol: oldest,
      speaks: [oldest, newest],
      cluster,
      birth,
      lasting,
      id: self.id,
      incarnation: self.incarnation,
      to: { id: to.id, incarnation: to.incarnation },
      ...(secret === undefined ? {} : { nonce: randomBytes(32).toString('base64') }),
    };
    this.#options = options;
    this.hello = jsonFrame(FrameType.hello, hello);
    this.#said.push(bodyOf(this.hello), options.binding ?? new Uint8Array(0));
  }

  /** Takes the next frame of the other node. Throws `RangeError` on anything that has no place in a handshake. */
  take({ type, body }: Frame): GreetingStep {
    const { secret } = this.#options;
    if (type === FrameType.challenge && secret !== undefined && !this.#proved) {
      this.#proved = true;
      this.#said.push(Buffer.from(body));
      return { kind: 'say', frame: rawFrame(FrameType.proof, secret.prove('dialler', this.#said)) };
    }
    if (type === FrameType.proof && this.#proved && this.#proof === undefined) {
      this.#proof = Buffer.from(body);
      return { kind: 'listen' };
    }
    if (type === FrameType.refused) return { kind: 'refusal', refusal: this.#refusal(body) };
    if (type !== FrameType.welcome) throw new RangeError(`a frame of type ${type} instead of a welcome`);
    if (!this.#believes(type, body)) return { kind: 'refusal', refusal: this.#distrust() };
    return { kind: 'welcome', ...this.#welcome(body) };
  }

  /** Whether the other node has proved that this answer comes from one who knows the secret. */
  #believes(type: number, body: Uint8Array): boolean {
    const { secret } = this.#options;
    if (secret === undefined) return true;
    const said = [...this.#said, Buffer.of(type), body];
    return this.#proof !== undefined && secret.isProved(this.#proof, 'acceptor', said);
  }

  #refusal(body: Uint8Array): Refusal {
    const { reason, code, ended } = parseHandshake<Refusal>(body, ['reason']);
    const known = code === 'NOT_TRUSTED' || code === 'PROTOCOL' ? code : undefined;
    // Anybody can refuse; that somebody has died is taken from nobody but a node.
    return { reason, code: known, ended: ended === true && this.#believes(FrameType.refused, body) };
  }

  #distrust(): Refusal {
    const { to } = this.#options;
    const reason = `${to.id} does not prove that it knows the secret: give the same one to every node`;
    return { reason, code: 'NOT_TRUSTED' };
  }

  #welcome(body: Uint8Array): { epoch: number; protocol: number } {
    const { to } = this.#options;
    const { oldest, newest } = protocols;
    const {
      id,
      incarnation,
      epoch,
      protocol = oldest,
    } = parseHandshake<Welcome>(body, ['id', 'incarnation']);
    if (!Number.isSafeInteger(epoch)) throw new RangeError('a welcome without an epoch');
    if (id !== to.id || incarnation !== to.incarnation) throw new RangeError('another node answers');
    if (!Number.isSafeInteger(protocol) || protocol < oldest || protocol > newest)
      throw new RangeError(`a welcome in version ${String(protocol)}`);
    return { epoch, protocol };
  }
}
