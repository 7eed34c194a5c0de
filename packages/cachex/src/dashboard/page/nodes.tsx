import type { Frame, NodeFrame } from '../frame.ts';
import type { NodeLook } from './app.tsx';
import { bytes, count, milliseconds, percent, rate, span, unknown } from './words.ts';

interface Column {
  readonly name: string;
  /** What it means, for those who ask. */
  readonly title: string;
  show(node: NodeFrame): string;
}

const columns: readonly Column[] = [
  {
    name: 'ops/s',
    title: 'Calls that the node executed in the last second',
    show: ({ calls }) => rate(calls),
  },
  { name: 'hit rate', title: 'Of reads in the last second', show: ({ hitRate }) => percent(hitRate) },
  {
    name: 'p50',
    title: 'Half of the calls made here took at most that long',
    show: ({ latency }) => milliseconds(latency?.p50),
  },
  {
    name: 'p99',
    title: '99 of 100 calls made here took at most that long',
    show: ({ latency }) => milliseconds(latency?.p99),
  },
  { name: 'entries', title: 'Entries in memory, copies not counted', show: ({ entries }) => count(entries) },
  { name: 'memory', title: 'Of the process (resident set)', show: ({ rss }) => bytes(rss) },
  {
    name: 'evictions/s',
    title: 'Live entries removed to make room',
    show: ({ evictions }) => rate(evictions),
  },
  {
    name: 'loop delay',
    title: 'How late the event loop was, 99th percentile',
    show: ({ delay }) => milliseconds(delay?.p99),
  },
];

export function Nodes({
  frame,
  look,
  chosen,
  choose,
}: {
  frame: Frame;
  look: NodeLook;
  chosen: string | undefined;
  choose(id: string): void;
}) {
  const uncounted = frame.caches.some((cache) => cache.uncounted.length > 0);
  return (
    <div class="nodes">
      <table>
        <caption>Nodes</caption>
        <thead>
          <tr>
            <th scope="col">node</th>
            {columns.map(({ name, title }) => (
              <th key={name} scope="col" title={title}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {frame.nodes.map((node) => (
            <Row
              key={node.id}
              node={node}
              frame={frame}
              look={look}
              pressed={chosen === node.id}
              choose={() => choose(node.id)}
            />
          ))}
        </tbody>
      </table>
      {uncounted && (
        <p class="note">
          Calls are counted where a cache is opened with <code>stats: true</code>.
        </p>
      )}
    </div>
  );
}

function Row({
  node,
  frame,
  look,
  pressed,
  choose,
}: {
  node: NodeFrame;
  frame: Frame;
  look: NodeLook;
  pressed: boolean;
  choose(): void;
}) {
  const { id, weight, owned, copies, build, up, silent, uptime } = node;
  const share = owned / frame.partitions;
  const about = [
    id === frame.self ? 'this node' : '',
    weight === 1 ? '' : `weight ${weight}`,
    build === null ? '' : `build ${build}`,
    uptime === null ? '' : `up ${span(uptime)}`,
    up ? '' : 'no link',
  ].filter((part) => part !== '');
  return (
    <tr class={look.stands(id) ? '' : 'dim'} data-node={id}>
      <th scope="row">
        <button
          type="button"
          class="node"
          aria-pressed={pressed}
          onClick={choose}
          title="Show it on the ring"
        >
          <i class="swatch" style={{ background: look.colour(id) }} />
          <span>{id}</span>
        </button>
        <small>{about.join(' · ')}</small>
        <div class="share" aria-hidden="true">
          <i style={{ width: `${share * 100}%`, background: look.colour(id) }} />
        </div>
        <small>
          {count(owned)} owned{copies > 0 ? `, ${count(copies)} copies` : ''}
        </small>
        {silent !== null && (
          <small class="silent" title={silent}>
            no figures: {silent}
          </small>
        )}
      </th>
      {columns.map(({ name, show }) => {
        const shown = show(node);
        return (
          <td key={name} data-name={name} class={shown === unknown ? 'unknown' : ''}>
            {shown}
          </td>
        );
      })}
    </tr>
  );
}
