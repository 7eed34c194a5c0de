import { fileURLToPath } from 'node:url';
import { Child, patience } from './child.ts';
import type { Commands, Message, Start } from './messages.ts';
import { machineTime } from './messages.ts';
import type { Windows } from './windows.ts';

const program = fileURLToPath(new URL('./worker.js', import.meta.url));

export interface FleetOptions extends Omit<Start, 'id' | 'life' | 'seed'> {
  readonly windows: Windows;
  readonly random: () => number;
  /** What is worth a line. */
  log(line: string): void;
}

/** One process. */
export class Member extends Child<Commands> {
  /** Whether somebody is doing something to it that may take it out of the cluster. */
  touched = false;
  /** Whether its cluster has removed it. */
  removed = false;

  constructor(start: Start, windows: Windows, removed: (member: Member, message: string) => void) {
    super(program, start, {
      heard: (heard) => {
        const message = heard as Message;
        if ('removed' in message) removed(this, message.removed);
        else if ('asked' in message.told) windows.asked(message.told);
        else windows.ended(message.told);
      },
    });
  }

  override get running(): boolean {
    return super.running && !this.removed;
  }
}

/** The processes of a run. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #members = new Map<string, Member>();
  readonly #lives = new Map<string, number>();
  /** How many were removed that nobody had touched. */
  unexpected = 0;
  /** The times at which they were. */
  readonly removals: number[] = [];

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Those that run. */
  get members(): readonly Member[] {
    return [...this.#members.values()].filter((member) => member.running);
  }

  get ids(): readonly string[] {
    return this.members.map(({ id }) => id);
  }

  /** Starts a process; under an id of its own, or one that nobody has now. */
  async add(id = this.#freeId()): Promise<Member> {
    const { windows, random, log, directory, proxy, server, clients, failureAfter, timeout } = this.#options;
    const life = (this.#lives.get(id) ?? 0) + 1;
    this.#lives.set(id, life);
    const start: Start = {
      ...{ id, life, directory, proxy, server, clients, failureAfter, timeout },
      seed: Math.floor(random() * 2 ** 31),
    };
    const member = new Member(start, windows, (one, message) => {
      one.removed = true;
      if (one.touched) return;
      this.removals.push(machineTime());
      this.unexpected += 1;
      log(`${one.id} was removed, though nobody had touched it: ${message}`);
    });
    this.#members.set(id, member);
    await member.joined;
    return member;
  }

  pick(): Member | undefined {
    const { members } = this;
    return members[Math.floor(this.#options.random() * members.length)];
  }

  /** Resolves once all know the same members, every partition is where it is to be, and has its copies; or says why not in time. */
  async whole(within = patience): Promise<void> {
    const deadline = performance.now() + within;
    for (;;) {
      const why = await this.#incomplete();
      if (why === undefined) return;
      if (performance.now() > deadline)
        throw new Error(`the cluster is not whole again within ${within} ms: ${why}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    for (const member of this.#members.values()) member.signal('SIGKILL');
    await Promise.all([...this.#members.values()].map(({ ended }) => ended));
  }

  async #incomplete(): Promise<string | undefined> {
    const { members } = this;
    const expected = this.ids.toSorted().join();
    for (const member of members) {
      try {
        const { members: known, ...counts } = await member.do('status');
        if (known.toSorted().join() !== expected)
          return `${member.id} knows ${known.toSorted().join()}, where ${expected} run`;
        for (const [what, count] of Object.entries(counts))
          if (count > 0) return `${count} partitions are ${what} for ${member.id}`;
      } catch (error) {
        return (error as Error).message;
      }
    }
    return undefined;
  }

  #freeId(): string {
    for (let n = 1; ; n += 1) {
      const member = this.#members.get(`n${n}`);
      if (member === undefined || !member.running) return `n${n}`;
    }
  }
}
