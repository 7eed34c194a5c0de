import { Peer, type PeerOptions } from './peer.ts';
import type { Member, View } from './view.ts';

/** A link to every other member of the view: to call them, and to notice at once when one dies. */
export class Mesh {
  readonly #self: string;
  readonly #peers = new Map<string, { incarnation: string; peer: Peer }>();
  readonly #open: (member: Member, view: View) => Peer;

  constructor(
    self: string,
    options: Omit<PeerOptions, 'to' | 'birth' | 'died' | 'lasting'>,
    died: (member: Member) => void,
  ) {
    this.#self = self;
    this.#open = (member, view) =>
      new Peer({ ...options, lasting: true, to: member, birth: view.birth, died: () => died(member) });
  }

  /** Opens links to members that came, and lets those to members that went end with their last answer. */
  follow(view: View): void {
    for (const member of view.members) {
      if (member.id === this.#self) continue;
      const known = this.#peers.get(member.id);
      if (known?.incarnation === member.incarnation) continue;
      known?.peer.retire();
      this.#peers.set(member.id, { incarnation: member.incarnation, peer: this.#open(member, view) });
    }
    const present = new Set(view.members.map(({ incarnation }) => incarnation));
    for (const [id, { incarnation, peer }] of this.#peers) {
      if (present.has(incarnation)) continue;
      this.#peers.delete(id);
      peer.retire();
    }
  }

  get(id: string): Peer | undefined {
    return this.#peers.get(id)?.peer;
  }

  /** For how long nothing has been heard of a member, in ms; 0 for this node itself. */
  silence({ id, incarnation }: Member): number {
    const known = this.#peers.get(id);
    return known?.incarnation === incarnation ? known.peer.silence : 0;
  }

  /** Counts the silence of everybody from now on. */
  excuse(): void {
    for (const peer of this.all()) peer.excuse();
  }

  /** Asks everybody for a sign of life and a lease. */
  ask(): void {
    for (const peer of this.all()) peer.ask();
  }

  all(): Peer[] {
    return [...this.#peers.values()].map(({ peer }) => peer);
  }

  close(): void {
    for (const peer of this.all()) peer.close();
    this.#peers.clear();
  }
}
