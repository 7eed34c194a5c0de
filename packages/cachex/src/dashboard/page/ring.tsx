import { useEffect, useRef, useState } from 'preact/hooks';
import type { NodeLook } from './app.tsx';
import { Disc } from './disc.ts';
import { nobodysColour } from './palette.ts';
import type { Told } from './told.ts';
import { count } from './words.ts';

/** The partitions, coloured by owner. They change colour as they move. */
export function Ring({
  told,
  look,
  isDark,
  chosen,
}: {
  told: Told;
  look: NodeLook;
  isDark: boolean;
  chosen: string | undefined;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const disc = useRef<Disc>(undefined);
  const [at, setAt] = useState<number>();
  const { frame, places } = told;
  useEffect(() => {
    disc.current = new Disc(canvas.current!);
    return () => disc.current?.close();
  }, []);
  useEffect(() => {
    const colours = places.map(({ owner }) => (owner === null ? nobodysColour(isDark) : look.colour(owner)));
    const faint = places.map(({ owner }) => owner !== null && !look.stands(owner));
    disc.current!.show({
      colours,
      faint,
      at,
      hot: frame.hotPartitions.map(({ partition }) => partition),
      ink: isDark ? '#f1f0ec' : '#1d2125',
    });
  }, [places, frame.hotPartitions, isDark, chosen, at]);
  const owned = frame.nodes.filter((node) => node.owned > 0);
  const summary = owned.map((node) => `${node.id} owns ${count(node.owned)}`).join(', ');
  const place = at === undefined ? undefined : places[at];
  return (
    <figure class="ring">
      <div class="disc">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${count(frame.partitions)} partitions: ${summary}`}
          onPointerMove={(event) => setAt(disc.current!.partitionAt(event))}
          onPointerLeave={() => setAt(undefined)}
        />
        <p class="hub" aria-hidden="true">
          <b>{count(frame.partitions)}</b>
          partitions
          <br />
          epoch {count(frame.epoch)}
        </p>
      </div>
      <figcaption>
        <label for="partition">
          {place === undefined
            ? 'Outlined: hot partitions. Slide to look at one.'
            : `Partition ${at} · ${place.owner ?? 'nobody'}${place.copies.length === 0 ? '' : ` · copies: ${place.copies.join(', ')}`}`}
        </label>
        <input
          id="partition"
          type="range"
          min={0}
          max={Math.max(0, frame.partitions - 1)}
          value={at ?? 0}
          aria-valuetext={
            place === undefined
              ? 'none'
              : `partition ${at}, owner ${place.owner ?? 'nobody'}, copies ${place.copies.join(', ') || 'none'}`
          }
          onInput={(event) => setAt(event.currentTarget.valueAsNumber)}
          onBlur={() => setAt(undefined)}
        />
      </figcaption>
    </figure>
  );
}
