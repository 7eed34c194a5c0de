import type { Agreement } from './agreement.ts';
import type { Clock } from './clock.ts';
import type { Electors } from './electors.ts';
import { RouterError } from './errors.ts';
import type { Identity, RefusalCode } from './handshake.ts';
import { LinkError } from './in-flight.ts';
import { Inquiry } from './inquiry.ts';
import { Peer, type PeerOptions } from './peer.ts';
import { type Random, randomName } from './random.ts';
import type { Router } from './router.ts';
import type { Handler } from './services.ts';
import { fail, found, join, type Member, memberOf, type View } from './view.ts';
import { checkMember, decodeView, encodeView } from './view-json.ts';
import type { ViewStore } from './view-store.ts';

/** The service every node offers to the others of its cluster. */
export const clusterService = '$cluster';

export interface MembershipOptions {
  readonly self: Identity;
  /** This node as it enters the view. */
  entering(): Member;
  readonly cluster: string;
  readonly partitions: number;
  /** How many backups the cluster is to have; `undefined`: as many as it has. */
  readonly backups: number | undefined;
  /** In ms; the same at every node. */
  readonly failureAfter: number;
  readonly router: Router;
  readonly electors: Electors;
  readonly store: ViewStore;
  readonly agreement: Agreement;
  readonly clock: Clock;
  readonly random: Random;
  /** How long joining may take, in ms. */
  readonly joinTimeout: number;
  readonly peer: Omit<PeerOptions, 'to' | 'birth' | 'died' | 'lasting'>;
  /** The birth of the cluster this node is about to join: from now on it answers nodes of that cluster. */
  approach(birth: string): void;
  /** Whether the link to a member stands. */
  reaches(id: string): boolean;
  log(message: string): void;
}

/** What one member said when it was asked to let this node in. */
type Answer =
  | { kind: 'welcome'; view: View }
  | { kind: 'dead' }
  | { kind: 'refused'; code: RefusalCode | 'CONFIG_MISMATCH'; reason: string }
  | { kind: 'silent'; reason: string };

/** A node that was reached, over the link that still stands or not, and the incarnation that it takes the place of. */
interface Joiner {
  readonly member: Member;
  readonly replaces: string | undefined;
  readonly link: Peer;
}

const retryAfter = 50;

/** How long one member may take to answer, in ms. */
const patience = 5_000;

/** How long the former bearer of an id may take to show that it runs, in ms. */
const briefly = 1_000;
/** How long a death waits for others of the same moment, in ms. */
const moment = 25;
/** How many members are asked at a time; one that answers is enough. */
const askedAtOnce = 3;

/** How nodes enter the view, and how members that have died leave it. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #inquiry: Inquiry;
  /** Joiners that were reached and wait for the next view; those of about the same time enter together. */
  readonly #joiners = new Set<Joiner>();
  /** Incarnations whose removal is under way: their deaths are noticed at every attempt to reach them. */
  readonly #burying = new Set<string>();

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#inquiry = new Inquiry();
  }

  /** What this node answers to others, beside the calls of its user. */
  get handlers(): Readonly<Record<string, Handler>> {
    return {
      // Nodes of earlier versions do not say which router they use.
      join: (_context, joiner: Member, backups: number | null, failureAfter: number, router?: string) =>
        this.#admit(joiner, backups, failureAfter, router),
      current: () => encodeView(this.#options.agreement.view),
      view: (_context, text: string) => this.#options.agreement.hear(decodeView(text)),
      ping: () => undefined,
    };
  }

  /**
   * Enters the cluster: founds it when there is none or all its members are certainly dead, else asks members to let
   * this node in until one does. Rejects with `TIMEOUT`, naming the members that could not be reached.
   */
  async enter(): Promise<void> {
    const { store, clock, agreement, joinTimeout, cluster, log } = this.#options;
    const deadline = clock.now() + joinTimeout;
    let hindrance = 'the view store did not answer';
    while (!agreement.joined) {
      try {
        const stored = await store.read();
        const answers = stored === undefined ? [] : await this.#askAll(stored, deadline);
        const welcome = answers.find((answer) => answer.kind === 'welcome');
        const refused = answers.find((answer) => answer.kind === 'refused');
        // Whoever was let in is in the view, whatever others say.
        if (welcome !== undefined) agreement.adopt(welcome.view);
        else if (refused !== undefined) throw new RouterError(refused.code, refused.reason);
        else if (answers.every((answer) => answer.kind === 'dead')) await this.#found(stored);
        hindrance = answers.find((answer) => answer.kind === 'silent')?.reason ?? hindrance;
      } catch (error) {
        hindrance = (error as Error).message;
        log(`joining: ${hindrance}`);
        if (error instanceof RouterError && error.code !== 'TIMEOUT') throw error;
      }
      if (agreement.joined) return;
      if (clock.now() >= deadline) {
        throw new RouterError(
          'TIMEOUT',
          `could not join cluster '${cluster}' within ${joinTimeout} ms: ${hindrance}`,
        );
      }
      await new Promise<void>((resolve) => clock.after(retryAfter, resolve));
    }
  }

  /** Removes a member on the word of an operator: nobody can prove that its process is gone. */
  async forget(id: string): Promise<void> {
    const { self, agreement, electors, router, reaches, log } = this.#options;
    const member = memberOf(agreement.view, id);
    if (member === undefined) return;
    const proof = id === self.id || reaches(id) ? 'runs' : await this.#examine(member);
    if (proof === 'runs') {
      const hint =
        id === self.id ? 'call leave() on it' : 'it can be reached: let it leave, or stop it first';
      throw new RouterError('INVALID_OPTION', `id: node '${id}' cannot be forgotten; ${hint}`);
    }
    log(`${id} is forgotten`);
    await agreement.publish((view) =>
      memberOf(view, id)?.incarnation === member.incarnation
        ? electors.seated(view, fail(view, [id], router, proof === 'dead' ? 'proved' : 'told', reaches))
        : undefined,
    );
  }

  /** Removes a member whose process is certainly gone. */
  async bury(member: Member): Promise<void> {
    const { agreement, clock, electors, router, reaches, log } = this.#options;
    if (this.#burying.has(member.incarnation)) return;
    this.#burying.add(member.incarnation);
    log(`${member.id} is dead`);
    try {
      // Whoever has died with it must not inherit from it: the links that are down now tell within moments.
      if (agreement.view.members.some(({ id }) => id !== member.id && !reaches(id)))
        await new Promise<void>((resolve) => void clock.after(moment, resolve));
      await agreement.publish((view) => {
        const dead = view.members.filter(({ incarnation }) => this.#burying.has(incarnation));
        if (!dead.some(({ incarnation }) => incarnation === member.incarnation)) return undefined;
        const ids = dead.map(({ id }) => id);
        return electors.seated(view, fail(view, ids, router, 'proved', reaches));
      });
    } finally {
      this.#burying.delete(member.incarnation);
    }
  }

  /** Joining has failed, but a request that was under way may still have put this node into the view: take it out. */
  async retract(): Promise<void> {
    const { store, self, router } = this.#options;
    const stored = await store.read();
    if (stored === undefined || memberOf(stored, self.id)?.incarnation !== self.incarnation) return;
    const done = await store.compareAndSet(stored.epoch, fail(stored, [self.id], router));
    if (!done) throw new Error('others have changed the view meanwhile');
  }

  async #found(stored: View | undefined): Promise<void> {
    const { store, agreement, random, entering, router, partitions, backups, failureAfter, approach } =
      this.#options;
    const birth = randomName(random, 12);
    const epoch = (stored?.epoch ?? 0) + 1;
    // The number of partitions is set at the birth of a cluster; one that is founded anew keeps it.
    const redundancy = backups ?? stored?.redundancy ?? 0;
    const settings = { redundancy, failureAfter, fenced: (stored?.fenced.length ?? 0) > 0 };
    const view = found(birth, epoch, stored?.owners.length ?? partitions, entering(), router, settings);
    approach(birth);
    if (await store.compareAndSet(epoch - 1, view)) agreement.adopt(view);
  }

  /** Asks members a few at a time, and stops at the first welcome. */
  async #askAll(view: View, deadline: number): Promise<Answer[]> {
    const { self, approach } = this.#options;
    approach(view.birth);
    // An earlier attempt succeeded and its answer was lost.
    if (memberOf(view, self.id)?.incarnation === self.incarnation) return [{ kind: 'welcome', view }];
    const answers: Answer[] = [];
    for (let at = 0; at < view.members.length; at += askedAtOnce) {
      const some = view.members.slice(at, at + askedAtOnce);
      answers.push(...(await Promise.all(some.map((member) => this.#ask(member, view.birth, deadline)))));
      if (answers.some((answer) => answer.kind === 'welcome')) break;
    }
    return answers;
  }

  async #ask(member: Member, birth: string, deadline: number): Promise<Answer> {
    let dead = false;
    const peer = new Peer({
      ...this.#options.peer,
      lasting: false,
      to: member,
      birth,
      died: () => {
        dead = true;
      },
    });
    try {
      const { entering, backups = null, failureAfter, router, clock } = this.#options;
      const budget = Math.min(patience, deadline - clock.now());
      const args = [entering(), backups, failureAfter, router.name];
      const text = await this.#request(peer, 'join', args, budget);
      const welcome = decodeView(text);
      // It has published that view, or learned it.
      this.#options.electors.heard(member.incarnation, welcome.epoch);
      return { kind: 'welcome', view: welcome };
    } catch (error) {
      if (dead) return { kind: 'dead' };
      const { code, message } = error as RouterError;
      if (code === 'CONFIG_MISMATCH') return { kind: 'refused', code, reason: message };
      const reason = `${member.id} at ${member.address}: ${message}`;
      if (code === 'NOT_TRUSTED' || code === 'PROTOCOL') return { kind: 'refused', code, reason };
      return { kind: 'silent', reason };
    } finally {
      peer.close();
    }
  }

  /** Lets a node in after a round trip with it: a node that nobody can reach must not be given anything. */
  async #admit(
    member: Member,
    backups: number | null,
    failureAfter: number,
    routerName?: string,
  ): Promise<string> {
    const { agreement, electors, router, peer, self } = this.#options;
    checkMember(member);
    this.#checkSettings(backups, failureAfter, routerName);
    const known = memberOf(agreement.view, member.id);
    if (known !== undefined && known.incarnation !== member.incarnation) {
      // Neither a link that stands nor one that does not proves anything: it may have been cut off, or entered, a moment ago.
      const proof = known.id === self.id ? 'runs' : await this.#examine(known);
      if (proof === 'runs') throw taken(member.id);
      // Only one of them can listen at an address. Else the other may run where it cannot be heard: it is for those who
      // vote to remove it.
      if (proof !== 'dead' && known.address !== member.address) throw silent(known.id);
    }
    const link = new Peer({
      ...peer,
      lasting: false,
      to: member,
      birth: agreement.view.birth,
      died: () => {},
    });
    const joiner: Joiner = { member, replaces: known?.incarnation, link };
    try {
      await this.#request(link, 'ping', [], patience);
      this.#joiners.add(joiner);
      const view = await agreement.publish((current) => {
        const fresh = [...this.#joiners].filter((each) => mayEnter(each, current));
        const members = new Map(fresh.map((each) => [each.member.id, each.member]));
        if (members.size === 0) return undefined;
        return electors.seated(current, join(current, [...members.values()], router));
      });
      const entered = memberOf(view, member.id);
      if (entered === undefined) throw new LinkError('down', true, `the link to ${member.id} broke`);
      if (entered.incarnation !== member.incarnation) throw taken(member.id);
      return encodeView(view);
    } catch (error) {
      if (!(error instanceof LinkError) || error.code === undefined) throw error;
      throw new RouterError(error.code, `it calls back at ${member.address}, and ${error.message}`);
    } finally {
      this.#joiners.delete(joiner);
      link.close();
    }
  }

  /** Whether a member answers, is proved to be dead, or neither. */
  async #examine(member: Member): Promise<'runs' | 'dead' | 'silent'> {
    const { agreement, peer } = this.#options;
    let dead = false;
    const died = (): void => {
      dead = true;
    };
    const link = new Peer({ ...peer, lasting: false, to: member, birth: agreement.view.birth, died });
    try {
      await this.#request(link, 'ping', [], briefly);
      return 'runs';
    } catch {
      return dead ? 'dead' : 'silent';
    } finally {
      link.close();
    }
  }

  /** What the founder has settled: leases and fences must be of the same length everywhere, and plans the same. */
  #checkSettings(backups: number | null, failureAfter: number, routerName: string | undefined): void {
    const { agreement, router } = this.#options;
    const { view } = agreement;
    if (backups !== null && backups !== view.redundancy)
      throw contradicts('backups', view.redundancy, backups);
    if (failureAfter !== view.failureAfter)
      throw contradicts('failureAfter', view.failureAfter, failureAfter);
    const settled = view.router ?? router.name;
    if (routerName !== undefined && routerName !== settled)
      throw contradicts('router', `'${settled}'`, `'${routerName}'`);
  }

  #request(peer: Peer, handler: string, args: unknown[], budget: number): Promise<unknown> {
    return this.#inquiry.ask(peer, { service: clusterService, handler, args, budget });
  }
}

/**
 * Whether a joiner may still be let in, now that views may have passed since it was reached: its link stands, so it has
 * not given up, and nobody but the one it replaces has its id.
 */
function mayEnter({ member, replaces, link }: Joiner, view: View): boolean {
  const known = memberOf(view, member.id)?.incarnation;
  return link.up && known !== member.incarnation && (known === undefined || known === replaces);
}

function contradicts(option: string, settled: number | string, wanted: number | string): RouterError {
  const message = `${option}: this cluster was founded with ${settled}; ${wanted} contradicts that`;
  return new RouterError('CONFIG_MISMATCH', message);
}

function silent(id: string): RouterError {
  const message = `a node with the id '${id}' does not answer, and is not proved to be dead: it is waited for`;
  return new RouterError('NODE_DOWN', message);
}

function taken(id: string): RouterError {
  const message = `a node with the id '${id}' is running already: give each node an id of its own, or none`;
  return new RouterError('CONFIG_MISMATCH', message);
}
