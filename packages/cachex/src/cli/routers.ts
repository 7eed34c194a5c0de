import { balanced, jump, local, modulo, type Router, rendezvous, ring } from '../cluster/index.ts';
import { usage } from './failure.ts';

const routers: Readonly<Record<string, () => Router>> = { balanced, jump, local, modulo, rendezvous, ring };

/** The router of that name, as views have it: those of this library, with their parameters. */
export function routerNamed(name: string): Router {
  const virtualNodes = /^ring\((\d+)\)$/.exec(name)?.[1];
  if (virtualNodes !== undefined) return ring({ virtualNodes: Number(virtualNodes) });
  if (Object.hasOwn(routers, name)) return routers[name]!();
  throw usage(
    `the nodes use a router of their own, '${name}', which this program does not have`,
    'call the methods of a node in a process of your own, which has the router',
  );
}
