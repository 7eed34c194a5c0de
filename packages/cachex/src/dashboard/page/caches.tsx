import type { CacheFrame } from '../frame.ts';
import { bytes, count, percent, rate } from './words.ts';

export function Caches({ caches }: { caches: readonly CacheFrame[] }) {
  return (
    <section class="caches" aria-label="Caches">
      <h2>Caches</h2>
      {caches.length === 0 && <p class="note">No cache has been opened.</p>}
      {caches.map((cache) => (
        <article key={cache.name}>
          <h3>{cache.name}</h3>
          <p class="summary">
            {count(cache.entries)} entries
            {cache.bytes === null ? '' : ` · ${bytes(cache.bytes)}`} · {rate(cache.calls)} ops/s ·{' '}
            {percent(cache.hitRate)} hits · {rate(cache.evictions)} evictions/s · {rate(cache.loads)} loads/s
          </p>
          <dl>
            {cache.settings.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </article>
      ))}
    </section>
  );
}
