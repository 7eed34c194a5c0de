import type { ClusterNode } from '../../cluster/index.ts';
import { cachesOf, openCache } from '../caches.ts';
import type { Command } from '../command.ts';
import { usage } from '../failure.ts';

export const dashboard: Command = {
  name: 'dashboard',
  about: 'serve a live page about the cluster',
  details: [
    'It ends with this program. Without a token it can be seen at this machine alone, and nothing can be changed. The token is read from CACHEX_TOKEN.',
  ],
  arguments: [],
  options: [
    { name: 'port', value: 'port', about: 'at which port; any that is free unless set' },
    { name: 'host', value: 'address', about: 'at which address; 127.0.0.1 unless set. Others need a token' },
  ],
  joins: true,
  examples: ['dashboard --cluster shop', 'dashboard --port 8080'],
  async run(given, { connect, environment, output, signal }) {
    const text = given.option('port') ?? '0';
    const port = Number(text);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw usage(`--port: '${text}' is not a number from 0 to 65535`);
    const [host, token] = [given.option('host'), environment.CACHEX_TOKEN];
    const node = await connect();
    // Only what is open here can be changed from here.
    if (token !== undefined) openAll(node);
    const shown = await node.dashboard({
      port,
      ...(host === undefined ? {} : { host }),
      ...(token === undefined ? {} : { token }),
    });
    output.result({ url: shown.url }, () => [shown.url, 'Ctrl-C ends it']);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    return undefined;
  },
};

/** Opens every cache of the cluster, those too that are opened elsewhere later on. */
function openAll(node: ClusterNode): void {
  const open = new Set<string>();
  const openNew = (): void => {
    for (const name of Object.keys(cachesOf(node))) {
      if (open.has(name)) continue;
      open.add(name);
      openCache(node, name);
    }
  };
  openNew();
  node.on('view', openNew);
}
