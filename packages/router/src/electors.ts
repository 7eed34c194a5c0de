import { reseat, sizeOf, type View } from './view.ts';

/** What the voters are known to know: how far their views have come. */
export class Electors {
  readonly #self: string;
  readonly #heard = new Map<string, number>();

  /** `self` is an incarnation, and so are all voters. */
  constructor(self: string) {
    this.#self = self;
  }

  /** A node has said that a view of this epoch, or a later one, is in force there. Views never go back. */
  heard(incarnation: string, epoch: number): void {
    if (epoch > (this.#heard.get(incarnation) ?? 0)) this.#heard.set(incarnation, epoch);
  }

  /**
   * Whether nobody can get a lease of the former electorate any more, because at least half of it is known to vote in the
   * present one, or to be gone. Only then may there be a next one, or a suspected member be removed: a node that has
   * missed everything since would otherwise find a majority that has missed it as well.
   */
  formerIsOver({ electorate, former, epoch }: View): boolean {
    const over = former.voters.filter((voter) => {
      const known = voter === this.#self ? epoch : (this.#heard.get(voter) ?? 0);
      return known >= electorate.epoch;
    });
    return 2 * (former.gone + over.length) >= sizeOf(former);
  }

  /** Lets `change` come with an electorate that fits it, if there may be another one. */
  seated(before: View, change: View): View {
    return this.formerIsOver(before) ? reseat(change) : change;
  }

  follow({ electorate, former, members }: View): void {
    const incarnations = members.map(({ incarnation }) => incarnation);
    const known = new Set([...incarnations, ...electorate.voters, ...former.voters]);
    for (const incarnation of this.#heard.keys())
      if (!known.has(incarnation)) this.#heard.delete(incarnation);
  }
}
