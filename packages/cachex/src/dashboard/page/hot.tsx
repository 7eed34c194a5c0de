import type { Frame, HotFrame } from '../frame.ts';
import type { NodeLook } from './app.tsx';
import { percent, rate } from './words.ts';

export function HotKeys({ frame, look }: { frame: Frame; look: NodeLook }) {
  return <Hot title="Hot keys" rows={frame.hotKeys} look={look} />;
}

export function HotPartitions({ frame, look }: { frame: Frame; look: NodeLook }) {
  return <Hot title="Hot partitions" rows={frame.hotPartitions} look={look} />;
}

function Hot({ title, rows, look }: { title: string; rows: readonly HotFrame[]; look: NodeLook }) {
  const most = Math.max(...rows.map(({ calls }) => calls), 1);
  return (
    <section class="hot" aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="note">Nothing stood out in the last seconds.</p>
      ) : (
        <ol>
          {rows.map(({ cache, key, partition, owner, calls, share }) => (
            <li key={`${cache} ${partition} ${key}`}>
              <span class="what">
                {key === null ? <b>partition {partition}</b> : <code>{key}</code>}
                <small>
                  {cache}
                  {key === null ? '' : ` · partition ${partition}`} ·{' '}
                  {owner !== null && <i class="swatch" style={{ background: look.colour(owner) }} />}{' '}
                  {owner ?? 'nobody'}
                </small>
              </span>
              <span class="figure">
                {rate(calls)}/s <small>{percent(share)}</small>
              </span>
              <span class="bar" aria-hidden="true">
                <i style={{ width: `${(calls / most) * 100}%` }} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
