import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock, Timer } from '../clock.ts';
import { RouterError } from '../errors.ts';

type Pem = string | Uint8Array;

/** What a node shows to others, and by what it knows them; all in PEM. */
export interface TlsMaterial {
  /** The certificate of this node, followed by those between it and the CA, if any. */
  readonly cert: Pem;
  /** The private key of that certificate. */
  readonly key: Pem;
  /** The CA, or several, by which all certificates of the cluster are signed. Whoever has one of these may come in. */
  readonly ca: Pem | readonly Pem[];
  /** What opens `key`, if it is encrypted. */
  readonly passphrase?: string;
  /** The name in the certificates of the other nodes. Default: the host of the address at which they are dialled. */
  readonly servername?: string;
}

/**
 * Certificates, or a function that is asked for them: before the node listens, and then once a minute while it is used.
 * New connections use what it answered last; those that stand go on. What cannot be used is logged, and the earlier
 * certificates are kept.
 */
export type TlsSource = TlsMaterial | (() => TlsMaterial | Promise<TlsMaterial>);

/** How old certificates may be before they are asked for again, in ms. */
const renewal = 60_000;

/** How long a source may take, in ms. */
const patience = 5_000;

/** Certificates that have been checked. */
export interface Checked {
  readonly material: TlsMaterial;
  /** As servers take it. */
  readonly options: SecureContextOptions;
  readonly context: SecureContext;
}

/** The newest certificates of a source. */
export class Certificates {
  readonly #source: TlsSource;
  readonly #clock: Clock;
  readonly #log: (message: string) => void;
  #newest: Checked | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  /** Certificates that are given as they are and cannot be used are `INVALID_OPTION` at once. */
  constructor(source: TlsSource, clock: Clock, log: (message: string) => void) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
    if (typeof source !== 'function') this.#take(source);
  }

  /** Those to use now; rejects with `INVALID_OPTION` if there have never been any that can be used. */
  async current(): Promise<Checked> {
    if (typeof this.#source === 'function' && this.#clock.now() - this.#askedAt >= renewal) {
      this.#asking ??= this.#ask(this.#source).finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    return this.#newest!;
  }

  /** Tells of newer ones than those `known` as they come, until it is cancelled. */
  watch(known: Checked, changed: (newest: Checked) => void): Timer {
    let latest = known;
    let cancelled = false;
    let timer: Timer | undefined;
    const look = async (): Promise<void> => {
      const newest = await this.current();
      if (cancelled) return;
      if (newest !== latest) changed(newest);
      latest = newest;
      wait();
    };
    const wait = (): void => {
      timer = this.#clock.after(renewal, () => void look());
    };
    if (typeof this.#source === 'function') wait();
    return {
      cancel() {
        cancelled = true;
        timer?.cancel();
      },
    };
  }

  async #ask(source: () => TlsMaterial | Promise<TlsMaterial>): Promise<void> {
    try {
      this.#take(await this.#inTime(source));
    } catch (error) {
      if (this.#newest === undefined) throw unusable(error);
      this.#log(`${unusable(error).message}; the earlier ones are kept`);
    }
    this.#askedAt = this.#clock.now();
  }

  #take(material: TlsMaterial): void {
    try {
      if (this.#newest === undefined || !isSame(material, this.#newest.material))
        this.#newest = checked(material);
    } catch (error) {
      throw unusable(error);
    }
  }

  /** What the source answers, unless it takes too long. */
  async #inTime(source: () => TlsMaterial | Promise<TlsMaterial>): Promise<TlsMaterial> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = this.#clock.after(patience, () => reject(new Error(`none came within ${patience} ms`)));
    });
    try {
      return await Promise.race([source(), late]);
    } finally {
      timer?.cancel();
    }
  }
}

function unusable(cause: unknown): RouterError {
  if (cause instanceof RouterError) return cause;
  const { message } = cause as Error;
  return new RouterError('INVALID_OPTION', `tls: no certificates that can be used: ${message}`, { cause });
}

/** TLS 1.3 alone: what earlier versions derive from a connection is not always bound to it. */
function checked(material: TlsMaterial): Checked {
  const { cert, key, ca, passphrase } = checkMaterial(material);
  const options: SecureContextOptions = {
    cert: pem(cert),
    key: pem(key),
    ca: [ca].flat().map(pem),
    ...(passphrase === undefined ? {} : { passphrase }),
    minVersion: 'TLSv1.3',
  };
  return { material, options, context: createSecureContext(options) };
}

const names = ['cert', 'key', 'ca', 'passphrase', 'servername'];

/** Refuses what lacks a part, or has one that nobody knows. */
function checkMaterial(material: TlsMaterial): TlsMaterial {
  if (typeof material !== 'object' || material === null) throw new Error('they are not an object');
  const unknown = Object.keys(material).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`'${unknown}' is not known: use ${names.join(', ')}`);
  const { cert, key, ca, passphrase, servername } = material;
  for (const [name, part] of Object.entries({ cert, key, ca })) {
    const parts: readonly unknown[] = Array.isArray(part) && name === 'ca' ? part : [part];
    if (parts.length === 0 || !parts.every((one) => typeof one === 'string' || one instanceof Uint8Array))
      throw new Error(`'${name}' is not PEM, as text or bytes`);
  }
  for (const [name, text] of Object.entries({ passphrase, servername })) {
    if (text !== undefined && (typeof text !== 'string' || text === ''))
      throw new Error(`'${name}' is not a string of at least one character`);
  }
  return material;
}

function pem(part: Pem): string | Buffer {
  return typeof part === 'string' ? part : Buffer.from(part);
}

function isSame(one: TlsMaterial, other: TlsMaterial): boolean {
  const text = ({ cert, key, ca, passphrase, servername }: TlsMaterial): string =>
    JSON.stringify([[cert, key, ca].flat().map((part) => pem(part).toString()), passphrase, servername]);
  return text(one) === text(other);
}
