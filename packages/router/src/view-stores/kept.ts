import type { Timer } from '../clock.ts';
import { RouterError } from '../errors.ts';
import type { Identity } from '../handshake.ts';
import { Inquiry } from '../inquiry.ts';
import { Peer, type PeerOptions } from '../peer.ts';
import type { Handler } from '../services.ts';
import type { Member, View } from '../view.ts';
import { decodeView, encodeView } from '../view-json.ts';
import type { ViewStore } from '../view-store.ts';
import type { StaticNode, StaticNodes } from './static-nodes.ts';

/** The service that keeps views, and whom to dial for it: whoever is there now. */
export const viewsService = '$views';

export const viewsIdentity: Identity & { birth: string } = {
  id: viewsService,
  incarnation: viewsService,
  birth: viewsService,
};

export interface KeptViewsOptions {
  readonly list: StaticNodes;
  readonly self: Identity;
  /** Where the keeper has them; the others have none. */
  readonly place: ViewStore | undefined;
  readonly peer: Omit<PeerOptions, 'to' | 'birth' | 'died' | 'lasting'>;
  /** The epoch of the view in force here, 0 if there is none. */
  epoch(): number;
}

/** How long the keeper may take to answer, in ms. */
const patience = 5_000;
/** How long a node may take to say what it knows, in ms. */
const briefly = 1_000;
/**
 * How often a node asks whether there is a newer view, in ms, of which it mostly hears from others before; and how often the
 * keeper looks whether others still leave.
 */
const interval = 500;

/**
 * The view store of a fixed list of nodes: the first one keeps the views, in a store of its own, and the others ask it. So
 * there is one place that decides, as with every view store, and nothing to agree on beside the list.
 *
 * If that place is empty, either the cluster is about to begin or its views were lost. In the latter case somebody may
 * still go on with them. So no cluster can begin there before all others have said that they know no later view.
 */
export class KeptViews implements ViewStore {
  readonly #options: KeptViewsOptions;
  readonly #inquiry: Inquiry;
  readonly #watchers = new Set<() => void>();
  #keeper: Peer | undefined;
  /** The newest view that was had from the keeper. */
  #last: View | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: KeptViewsOptions) {
    this.#options = options;
    this.#inquiry = new Inquiry();
  }

  /** What this node answers to the others of the list. */
  get handlers(): Readonly<Record<string, Handler>> {
    return {
      read: async ({ caller }, list: readonly StaticNode[], birth: string, epoch: number) => {
        this.#check(list, caller);
        const view = await this.#read(this.#kept());
        if (view === undefined) return null;
        return view.birth === birth && view.epoch === epoch ? true : encodeView(view);
      },
      compareAndSet: async ({ caller }, list: readonly StaticNode[], expected: number, text: string) => {
        this.#check(list, caller);
        const [place, next] = [this.#kept(), decodeView(text)];
        return !(await this.#buries(place, next)) && this.#compareAndSet(place, expected, next);
      },
      knows: ({ caller }, list: readonly StaticNode[]) => {
        this.#check(list, caller);
        return this.#options.epoch();
      },
    };
  }

  /**
   * Resolves when nobody else is on its way out, for which it needs the one that keeps the views. Those that are told to
   * leave at the same time as that one have said so in a moment.
   */
  async idle(): Promise<void> {
    const { list, place, self, peer } = this.#options;
    if (place === undefined) return;
    const leaves = ({ id, weight }: Member): boolean =>
      id !== self.id && weight === 0 && list.nodes.some((node) => node.id === id && node.weight > 0);
    do await new Promise<void>((resolve) => void peer.clock.after(interval, resolve));
    while (!this.#closed && (await place.read())?.members.some(leaves) === true);
  }

  read(): Promise<View | undefined> {
    const { place } = this.#options;
    return place === undefined ? this.#fetch() : this.#read(place);
  }

  async compareAndSet(expected: number, next: View): Promise<boolean> {
    if (!(next.epoch > expected)) throw new RangeError(`epoch ${next.epoch} cannot follow ${expected}`);
    const { place } = this.#options;
    if (place !== undefined) return this.#compareAndSet(place, expected, next);
    return (await this.#askKeeper('compareAndSet', expected, encodeView(next))) === true;
  }

  watch(changed: () => void): () => void {
    const { place } = this.#options;
    if (place !== undefined) return place.watch(changed);
    const watcher = (): void => changed();
    this.#watchers.add(watcher);
    this.#look();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#timer?.cancel();
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watchers.clear();
    this.#timer?.cancel();
    this.#keeper?.close();
    await this.#options.place?.close();
  }

  /** What is kept here; nobody who has the same list asks anybody else. */
  #kept(): ViewStore {
    if (this.#options.place !== undefined) return this.#options.place;
    throw new Error(`the views are kept by ${this.#options.list.keeper.id}`);
  }

  async #read(place: ViewStore): Promise<View | undefined> {
    const view = await place.read();
    if (view === undefined) await this.#ruleOut(0);
    return view;
  }

  async #compareAndSet(place: ViewStore, expected: number, next: View): Promise<boolean> {
    if ((await place.read())?.birth !== next.birth) await this.#ruleOut(expected);
    return place.compareAndSet(expected, next);
  }

  /** Whether a view is without this node, which is alive: others could not reach it for a while, and so not store that. */
  async #buries(place: ViewStore, next: View): Promise<boolean> {
    const has = ({ members }: View): boolean =>
      members.some(({ incarnation }) => incarnation === this.#options.self.incarnation);
    const newest = await place.read();
    return newest !== undefined && has(newest) && !has(next);
  }

  /** Rejects unless all others say that they know no view after that epoch. */
  async #ruleOut(after: number): Promise<void> {
    const { list, self, epoch } = this.#options;
    const others = list.nodes.filter(({ id }) => id !== self.id);
    const answers = await Promise.allSettled(others.map((node) => this.#askKnown(node)));
    const problems = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as Error] : [],
    );
    const mismatch = problems.find((problem) => problem instanceof RouterError);
    if (mismatch !== undefined) throw mismatch;
    const known = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const last = Math.max(epoch(), ...known);
    if (last > after) {
      const hint = 'put them back, or stop all nodes before you start the first one';
      throw new Error(`the views of this cluster, up to epoch ${last}, are missing here: ${hint}`);
    }
    if (problems.length === 0) return;
    const missing = problems.map(({ message }) => message).join('; ');
    throw new Error(`a cluster begins when all of its list are there, and some are not: ${missing}`);
  }

  async #askKnown(node: StaticNode): Promise<number> {
    const peer = this.#dial(node);
    try {
      return Number(await this.#ask(node, peer, 'knows', [], briefly));
    } finally {
      peer.close();
    }
  }

  async #fetch(): Promise<View | undefined> {
    const { birth = '', epoch = 0 } = this.#last ?? {};
    const answer = await this.#askKeeper('read', birth, epoch);
    if (answer === null) return undefined;
    if (answer !== true) this.#last = decodeView(answer);
    return this.#last;
  }

  async #askKeeper(handler: string, ...args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) throw new RouterError('CLOSED', 'the view store is closed');
    const { keeper } = this.#options.list;
    this.#keeper ??= this.#dial(keeper);
    return this.#ask(keeper, this.#keeper, handler, args, patience);
  }

  async #ask(
    node: StaticNode,
    peer: Peer,
    handler: string,
    args: readonly unknown[],
    budget: number,
  ): Promise<unknown> {
    const { nodes } = this.#options.list;
    try {
      const question = { service: viewsService, handler, args: [nodes, ...args], budget };
      return await this.#inquiry.ask(peer, question);
    } catch (error) {
      const { code, message } = error as RouterError;
      if (code === 'CONFIG_MISMATCH') throw new RouterError(code, message);
      throw new Error(`${node.id} at ${node.address}: ${message}`, { cause: error });
    }
  }

  #dial({ address }: StaticNode): Peer {
    const { id, incarnation, birth } = viewsIdentity;
    return new Peer({
      ...this.#options.peer,
      to: { id, incarnation, address },
      birth,
      lasting: false,
      // What is heard here is of the node, not of a member of the view.
      epoch: () => 0,
      heardEpoch: () => {},
      granted: () => {},
      died: () => {},
    });
  }

  #check(nodes: readonly StaticNode[], caller: string): void {
    const { list, self } = this.#options;
    const difference = list.difference(self.id, caller, nodes);
    if (difference !== undefined) throw new RouterError('CONFIG_MISMATCH', difference);
  }

  /** Asks the keeper from time to time, as long as somebody watches. */
  #look(): void {
    this.#timer?.cancel();
    const { clock } = this.#options.peer;
    this.#timer = clock.after(interval, () => {
      const before = this.#last;
      this.#fetch()
        .then(
          (view) => {
            if (view !== undefined && view !== before) for (const changed of [...this.#watchers]) changed();
          },
          () => {},
        )
        .finally(() => {
          if (this.#watchers.size > 0) this.#look();
        });
    });
  }
}
