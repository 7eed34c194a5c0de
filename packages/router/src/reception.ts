import { randomBytes } from 'node:crypto';
import { bodyOf, type Frame, FrameType, jsonFrame, rawFrame } from './frame.ts';
import {
  common,
  type Hello,
  type Identity,
  incompatible,
  parseHandshake,
  protocols,
  type Refusal,
  refusalOf,
  spokenBy,
  type Welcome,
} from './handshake.ts';
import type { Secret } from './secret.ts';

export interface ReceptionOptions {
  /** Who this node is to one who dials `to`; `birth` is undefined until it has joined. */
  self(to: Identity): Identity & { cluster: string; birth: string | undefined };
  epoch(): number;
  /** What a dialler must prove to know. */
  readonly secret: Secret | undefined;
  /** See {@link Connection}. */
  readonly binding: Uint8Array | undefined;
}

/** Who was let in. */
export interface Caller {
  readonly identity: Identity;
  readonly lasting: boolean;
}

/** A dialler that has yet to prove that it knows the secret. */
interface Greeted {
  readonly hello: Hello;
  readonly protocol: number;
  /** What both have said so far: what proofs are about. */
  readonly said: readonly Uint8Array[];
}

/** How a reception goes on after a frame of the dialler: what is sent, and what has been decided, if it has. */
export interface ReceptionStep {
  readonly frames: readonly Buffer[];
  readonly caller?: Caller;
  readonly refusal?: Refusal;
}

/**
 * The acceptor's part of a handshake. Where there is a secret, a dialler learns nothing, and nothing that it says counts,
 * before it has proved that it knows it; so the dialler proves first.
 */
export class Reception {
  readonly #options: ReceptionOptions;
  #greeted: Greeted | undefined;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** Takes the next frame of the dialler. Throws `RangeError` on anything that has no place in a handshake. */
  take(frame: Frame): ReceptionStep {
    return this.#greeted === undefined ? this.#hear(frame) : this.#check(frame, this.#greeted);
  }

  #hear({ type, body }: Frame): ReceptionStep {
    const { secret, binding } = this.#options;
    if (type !== FrameType.hello) throw new RangeError(`a frame of type ${type} instead of a hello`);
    const hello = parseHandshake<Hello>(body, ['cluster', 'birth', 'id', 'incarnation']);
    const there = spokenBy(hello);
    const protocol = common(protocols, there);
    const proving = typeof hello.nonce === 'string';
    if (protocol === undefined) return refuse(incompatible(protocols, there), 'PROTOCOL');
    if (secret !== undefined && !proving)
      return refuse(
        "this node has a secret, and the one that dials has none: pass it to join as 'secret'",
        'NOT_TRUSTED',
      );
    if (secret === undefined && proving)
      return refuse(
        'the one that dials has a secret, and this node has none: give the same one to every node',
        'NOT_TRUSTED',
      );
    if (secret === undefined) return this.#answer(hello, protocol, []);
    const challenge = randomBytes(32);
    const said = [Buffer.from(body), binding ?? new Uint8Array(0), challenge];
    this.#greeted = { hello, protocol, said };
    return { frames: [rawFrame(FrameType.challenge, challenge)] };
  }

  #check({ type, body }: Frame, { hello, protocol, said }: Greeted): ReceptionStep {
    const { secret } = this.#options;
    if (type !== FrameType.proof) throw new RangeError(`a frame of type ${type} instead of a proof`);
    if (secret?.isProved(body, 'dialler', said) !== true) {
      const reason =
        'the one that dials has another secret, or somebody stands between: give the same one to every node';
      return refuse(reason, 'NOT_TRUSTED');
    }
    return this.#answer(hello, protocol, said);
  }

  /** Lets the dialler in or not. Where there is a secret, the answer is proved to come from one who knows it. */
  #answer(hello: Hello, protocol: number, said: readonly Uint8Array[]): ReceptionStep {
    const { secret, epoch } = this.#options;
    const self = this.#options.self(hello.to);
    const refusal = refusalOf(hello, self);
    const welcome: Welcome = { id: self.id, incarnation: self.incarnation, epoch: epoch(), protocol };
    const type = refusal === undefined ? FrameType.welcome : FrameType.refused;
    const answer = jsonFrame(type, refusal ?? welcome);
    const proofs =
      secret === undefined
        ? []
        : [rawFrame(FrameType.proof, secret.prove('acceptor', [...said, Buffer.of(type), bodyOf(answer)]))];
    const frames = [...proofs, answer];
    if (refusal !== undefined) return { frames, refusal };
    const { id, incarnation, lasting } = hello;
    return { frames, caller: { identity: { id, incarnation }, lasting: lasting === true } };
  }
}

function refuse(reason: string, code: Refusal['code']): ReceptionStep {
  const refusal: Refusal = { reason, code };
  return { frames: [jsonFrame(FrameType.refused, refusal)], refusal };
}
