import type { ChangeFrame } from '../frame.ts';
import { clockTime } from './words.ts';

export function Changes({ changes }: { changes: readonly ChangeFrame[] }) {
  return (
    <section class="changes" aria-label="Views">
      <h2>Views</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <ol class="scrolls" tabIndex={0} aria-label="What each view changed, the newest first">
        {changes.toReversed().map(({ epoch, at, words }) => (
          <li key={epoch}>
            <span class="epoch">{epoch}</span>
            <span>
              {words.map((sentence) => (
                <span key={sentence} class="sentence">
                  {sentence}
                </span>
              ))}
            </span>
            <time dateTime={new Date(at).toISOString()}>{clockTime(at)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}
