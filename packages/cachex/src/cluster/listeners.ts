import type { NodeEvents, RoutedNode } from '@cachex/router';
import { translate } from './translate.ts';

/** Passes the events of a node on, to each listener as often as it was added. */
export class Listeners {
  readonly #node: RoutedNode;
  // biome-ignore lint/suspicious/noExplicitAny: what each is called with is checked where it comes in.
  readonly #passed = new Map<string, Map<(...args: any[]) => void, ((...args: any[]) => void)[]>>();

  constructor(node: RoutedNode) {
    this.#node = node;
  }

  on<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): void {
    const pass = (...args: NodeEvents[E]): void =>
      listener(...(args.map((each) => (each instanceof Error ? translate(each) : each)) as NodeEvents[E]));
    const ofEvent = this.#passed.get(event) ?? new Map();
    this.#passed.set(event, ofEvent);
    ofEvent.set(listener, [...(ofEvent.get(listener) ?? []), pass]);
    this.#node.on(event, pass);
  }

  off<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): void {
    const pass = this.#passed.get(event)?.get(listener)?.pop();
    if (pass !== undefined) this.#node.off(event, pass);
  }
}
